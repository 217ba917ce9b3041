import { useEffect, useRef } from 'preact/hooks';
import { announce } from '../../frame/announcer.js';
import { PageHeading } from '../../frame/page_heading.js';
import type { PlaceQuery } from '../../frame/place.js';
import { classes, html, type View } from '../../frame/view.js';
import { ActionErrorNote, ErrorNote, Loading } from '../../shared/notes.js';
import { useAction } from '../../shared/use_action.js';
import { LogCard } from '../shared/log_card.js';
import { SectionTabs } from '../shared/section_tabs.js';
import { useWorkWords } from '../words/use_work_words.js';
import { isActive, readLog, type WorkflowName, type WorkflowState, type WorkflowTask } from './api.js';
import { WorkflowHistory } from './history/workflow_history.js';
import { Outlook } from './outlook.js';
import { RunActions } from './run_actions.js';
import { RunStatus } from './run_status.js';
import { type LiveWorkflow, useWorkflow } from './use_workflow.js';
import { WorkflowTasks } from './workflow_tasks.js';

function Facts({ state, isConnected }: { state: WorkflowState; isConnected: boolean }): View {
  const { t, time, duration } = useWorkWords();
  const { project, status, started, ended } = state;
  return html`<p class="facts"><span>${project}</span><${RunStatus} status=${status} />
    ${started !== null && html`<span>${time(started)}</span>`}
    ${started !== null && ended !== null && html`<span>${duration(ended - started)}</span>`}
    <span class=${classes('live', isConnected && 'live-on')}>${t(isConnected ? 'task.live' : 'task.offline')}</span></p>`;
}

/** The task whose log is shown when none was chosen: one that runs, else one that failed, else the first. */
function interesting(tasks: readonly WorkflowTask[]): string | undefined {
  const with_ = (...statuses: string[]) => tasks.find(({ status }) => statuses.includes(status));
  const found = with_('running', 'waiting', 'stopping') ?? with_('error', 'terminated', 'killed') ?? tasks[0];
  return found?.name;
}

type KnownProps = { state: WorkflowState; live: LiveWorkflow; query: PlaceQuery };

function KnownWorkflow({ state, live, query }: KnownProps): View {
  const { t, tell } = useWorkWords();
  const { project, workflow, status, run_id: runId, tasks } = state;
  const name: WorkflowName = { project, workflow };
  const { isBusy, error, run } = useAction();
  const known = useRef(status);
  useEffect(() => {
    if (known.current !== status)
      announce(t('task.nowStatus', { name: workflow, status: tell('run', status) ?? status }));
    known.current = status;
  }, [status]);
  const chosen = query['task'];
  const shown = tasks.some((task) => task.name === chosen) ? chosen : interesting(tasks);
  return html`<${PageHeading} title=${workflow} lead=${html`<${Facts} state=${state} isConnected=${live.isConnected} />`}>
      <${RunActions} name=${name} status=${status} isBusy=${isBusy} run=${run} onDone=${live.reload} />
    </${PageHeading}>
    <${SectionTabs} current="workflows" />
    ${error && html`<${ActionErrorNote} error=${error} />`}
    <${Outlook} state=${state} revision=${live.revision} />
    <div class="cards">
      <${WorkflowTasks} state=${state} shown=${shown} isBusy=${isBusy} run=${run} onDone=${live.reload} />
      ${
        shown !== undefined &&
        html`<${LogCard} key=${`${runId} ${shown}`} title=${t('workflow.logOf', { name: shown })}
          read=${(from: number, signal: AbortSignal) => readLog(name, shown, from, signal)}
          isGrowing=${isActive(status)} fileName=${`${shown}.log`} />`
      }
      <${WorkflowHistory} state=${state} revision=${live.revision} />
    </div>`;
}

/** A workflow: its tasks and what they do, live. */
export function WorkflowView({ project, workflow, query }: WorkflowName & { query: PlaceQuery }): View {
  const live = useWorkflow({ project, workflow });
  if (live.state !== undefined) return html`<${KnownWorkflow} state=${live.state} live=${live} query=${query} />`;
  return html`<${PageHeading} title=${workflow} />
    ${live.error ? html`<${ErrorNote} error=${live.error} onRetry=${live.reload} />` : html`<${Loading} />`}`;
}
