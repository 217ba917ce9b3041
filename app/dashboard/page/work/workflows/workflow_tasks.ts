import { useState } from 'preact/hooks';
import { changeQuery } from '../../frame/navigation.js';
import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { RowPager } from '../../shared/pager.js';
import { useWorkWords } from '../words/use_work_words.js';
import { isActive, runWorkflow, type WorkflowState, type WorkflowTask } from './api.js';
import { RunStatus } from './run_status.js';
import { StatusDialog } from './status_dialog.js';

const PAGE_ROWS = 100;

type WorkflowTasksProps = {
  state: WorkflowState;
  /** The task whose log is shown. */
  shown: string | undefined;
  isBusy: boolean;
  run(act: () => Promise<void>): void;
  onDone(): void;
};

/** The tasks of a workflow by place. Choosing one shows its log. */
export function WorkflowTasks({ state, shown, isBusy, run, onDone }: WorkflowTasksProps): View {
  const { t, number, duration } = useWorkWords();
  const { project, workflow, status, tasks } = state;
  const [page, setPage] = useState(0);
  const [forced, setForced] = useState<string | undefined>();
  const pages = Math.ceil(tasks.length / PAGE_ROWS);
  const runAlone = (task: string) =>
    run(async () => {
      await runWorkflow({ project, workflow }, task);
      onDone();
    });
  const columns: Column<WorkflowTask>[] = [
    { key: 'place', title: t('workflow.place'), isNumber: true, cell: ({ place }) => number(place) },
    {
      key: 'name',
      title: t('tasks.name'),
      isHeading: true,
      cell: ({ name }) => html`<button type="button" class="link-button task-name" aria-pressed=${name === shown}
        aria-label=${t('workflow.logOf', { name })} onClick=${() => changeQuery({ task: name })}>${name}</button>`,
    },
    {
      key: 'status',
      title: t('tasks.status'),
      cell: (task) => html`<${RunStatus} status=${task.status} label=${task.label} />`,
    },
    { key: 'exec', title: t('workflow.exec'), cell: ({ exec }) => t(`exec.${exec}`) },
    { key: 'function', title: t('workflow.function'), cell: (task) => html`<code>${task.function}</code>` },
    {
      key: 'attempt',
      title: t('task.attempt'),
      isNumber: true,
      cell: ({ attempt }) => (attempt === 0 ? '' : number(attempt)),
    },
    {
      key: 'took',
      title: t('tasks.took'),
      isNumber: true,
      cell: ({ started, ended }) =>
        html`<span class="nowrap">${started === null || ended === null ? '' : duration(ended - started)}</span>`,
    },
    {
      key: 'actions',
      title: t('tasks.actions'),
      cell: ({ name }) => html`<span class="row-tools">
        <button type="button" class="button button-quiet" disabled=${isBusy || isActive(status)}
          aria-label=${t('workflow.runAloneOf', { name })} onClick=${() => runAlone(name)}>${t('workflow.runAlone')}</button>
        <button type="button" class="button button-quiet" aria-label=${t('workflow.setStatusOf', { name })}
          onClick=${() => setForced(name)}>${t('workflow.setStatus')}</button></span>`,
    },
  ];
  return html`<section class="card card-wide" aria-labelledby="workflow-tasks-title">
    <h2 id="workflow-tasks-title">${t('workflow.tasks')}</h2>
    <${DataTable} caption=${t('workflow.tasks')} columns=${columns}
      rows=${tasks.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS)} keyOf=${({ name }: WorkflowTask) => name} />
    <${RowPager} what=${t('workflow.tasks')} page=${page} pages=${pages} onPage=${setPage} />
    ${
      forced !== undefined &&
      html`<${StatusDialog} key=${forced} name=${{ project, workflow }} task=${forced} onDone=${onDone}
        onEnd=${() => setForced(undefined)} />`
    }
  </section>`;
}
