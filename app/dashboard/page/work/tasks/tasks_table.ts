import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { ActionErrorNote } from '../../shared/notes.js';
import { useAction } from '../../shared/use_action.js';
import { taskHash } from '../place.js';
import { useWorkWords, type WorkWords } from '../words/use_work_words.js';
import { isOpen, type Task } from './api.js';
import { TaskActions } from './task_actions.js';
import { StatusBadge, TaskProgress, useTaskNews } from './task_status.js';

/** A browser opens six connections to a host at most. */
const MAX_FOLLOWED = 3;

function LiveStatus({ task, isFollowed, onChange }: { task: Task; isFollowed: boolean; onChange: () => void }): View {
  const news = useTaskNews(task, isFollowed, onChange);
  return html`<${StatusBadge} status=${news.status} /><${TaskProgress} name=${task.name} news=${news} />`;
}

/** How long a task ran; empty while it has not begun or has not ended. */
function tookText({ started, ended }: Task, { duration }: WorkWords): string {
  return started === null || ended === null ? '' : duration(ended - started);
}

type TasksTableProps = { tasks: readonly Task[]; hasUser: boolean; onChange: () => void };

/** Tasks with live progress. */
export function TasksTable({ tasks, hasUser, onChange }: TasksTableProps): View {
  const words = useWorkWords();
  const { t } = words;
  const { isBusy, error, run } = useAction();
  const open = tasks.filter(({ status }) => isOpen(status));
  // Of those that wait, the oldest starts next.
  const next = [...open.filter(({ status }) => status === 'working'), ...open.reverse()].slice(0, MAX_FOLLOWED);
  const followed = new Set(next.map(({ id }) => id));
  const columns: Column<Task>[] = [
    {
      key: 'name',
      title: t('tasks.name'),
      isHeading: true,
      cell: ({ id, name }) => html`<a class="task-name" href=${taskHash(id)}>${name}</a>`,
    },
    {
      key: 'status',
      title: t('tasks.status'),
      cell: (task) => html`<${LiveStatus} task=${task} isFollowed=${followed.has(task.id)} onChange=${onChange} />`,
    },
    { key: 'script', title: t('tasks.script'), cell: ({ script }) => html`<code>${script}</code>` },
    ...(hasUser ? [{ key: 'user', title: t('tasks.user'), cell: ({ user }: Task) => user }] : []),
    {
      key: 'created',
      title: t('tasks.created'),
      cell: ({ created }) => html`<span class="nowrap">${words.time(created)}</span>`,
    },
    {
      key: 'took',
      title: t('tasks.took'),
      isNumber: true,
      cell: (task) => html`<span class="nowrap">${tookText(task, words)}</span>`,
    },
    {
      key: 'actions',
      title: t('tasks.actions'),
      cell: (task) => html`<${TaskActions} task=${task} isBusy=${isBusy} run=${run} onDone=${onChange} />`,
    },
  ];
  return html`${error && html`<${ActionErrorNote} error=${error} />`}
    <${DataTable} caption=${t('tasks.title')} columns=${columns} rows=${tasks} keyOf=${({ id }: Task) => id} />`;
}
