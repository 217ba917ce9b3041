import { useState } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { PageHeading } from '../../frame/page_heading.js';
import { classes, html, type View } from '../../frame/view.js';
import { useLoaded } from '../../shared/loading.js';
import { ActionErrorNote, LoadedView } from '../../shared/notes.js';
import { useAction } from '../../shared/use_action.js';
import { LogCard } from '../shared/log_card.js';
import { useWorkWords } from '../words/use_work_words.js';
import { isOpen, readHistory, readLog, readTask, type Status, type StatusChange, type Task } from './api.js';
import { TaskAbout } from './task_about.js';
import { TaskActions } from './task_actions.js';
import { TaskHistory } from './task_history.js';
import { TaskResult } from './task_result.js';
import { causeText, StatusBadge, TaskProgress, useTaskNews, type WatchedTask } from './task_status.js';

type Known = { task: Task; history: readonly StatusChange[] };

function TaskFacts({ task, news }: { task: Task; news: WatchedTask }): View {
  const { t, time } = useWorkWords();
  return html`<p class="facts">
    <${StatusBadge} status=${news.status} /><code>${task.script}</code><span>${task.user}</span><span>${time(task.created)}</span>
    ${
      isOpen(news.status) &&
      html`<span class=${classes('live', news.isConnected && 'live-on')}>${t(news.isConnected ? 'task.live' : 'task.offline')}</span>`
    }
  </p>`;
}

function CauseNote({ task }: { task: Task }): View {
  const words = useWorkWords();
  const { cause, errortext } = task;
  if (cause === null) return null;
  return html`<section class="note note-bad" aria-labelledby="cause-title">
    <h2 id="cause-title">${words.t('task.cause')}</h2>
    <p>${causeText(cause, words)}</p>
    ${errortext !== null && html`<pre class="error-text">${errortext}</pre>`}
  </section>`;
}

function KnownTask({ known, reload }: { known: Known; reload: () => void }): View {
  const { t } = useWorkWords();
  const { task, history } = known;
  const { isBusy, error, run } = useAction();
  const onChange = (status: Status) => {
    announce(t('task.nowStatus', { name: task.name, status: t(`status.${status}`) }));
    reload();
  };
  const news = useTaskNews(task, true, onChange);
  return html`<${PageHeading} title=${task.name} lead=${html`<${TaskFacts} task=${task} news=${news} />`}>
      <${TaskActions} task=${{ ...task, status: news.status }} isBusy=${isBusy} run=${run} onDone=${reload} />
    </${PageHeading}>
    ${error && html`<${ActionErrorNote} error=${error} />`}
    <${TaskProgress} name=${task.name} news=${news} />
    <${CauseNote} task=${task} />
    <div class="cards">
      ${task.status === 'finished' && html`<${TaskResult} key=${task.ended} task=${task} />`}
      <${LogCard} read=${(from: number, signal: AbortSignal) => readLog(task.id, from, signal)}
        isGrowing=${isOpen(task.status)} fileName=${`${task.name}.log`} />
      <${TaskHistory} history=${history} />
      <${TaskAbout} task=${task} />
    </div>`;
}

/** A task: how far it is, what it printed and made, and why it failed. */
export function TaskView({ taskId }: { taskId: number }): View {
  const [revision, setRevision] = useState(0);
  const loaded = useLoaded(
    async (signal): Promise<Known> => {
      const [task, history] = await Promise.all([readTask(taskId, signal), readHistory(taskId, signal)]);
      return { task, history };
    },
    [taskId, revision],
  );
  const reload = () => setRevision((before) => before + 1);
  return html`<${LoadedView} loaded=${loaded} render=${(known: Known) => html`<${KnownTask} known=${known} reload=${reload} />`} />`;
}
