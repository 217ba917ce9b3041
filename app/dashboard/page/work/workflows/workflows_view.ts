import { useRef, useState } from 'preact/hooks';
import { PageHeading } from '../../frame/page_heading.js';
import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { useLoaded, useReloads } from '../../shared/loading.js';
import { ActionErrorNote, LoadedView } from '../../shared/notes.js';
import { useAction } from '../../shared/use_action.js';
import { workflowHash } from '../place.js';
import { SectionTabs } from '../shared/section_tabs.js';
import { useWorkWords } from '../words/use_work_words.js';
import { isActive, type ListedProject, type ListedWorkflow, readProjects, readTree } from './api.js';
import { RunActions } from './run_actions.js';
import { RunStatus } from './run_status.js';
import { EXAMPLE_TREE, TreeForm, treeText } from './tree_form.js';

/** The list has no events; a single workflow has. */
const LOOK_MS = 5_000;
const LOOK_AT_RUNS_MS = 1_500;

type ProjectProps = {
  listed: ListedProject;
  action: ReturnType<typeof useAction>;
  reload: () => void;
  onDump: (project: string) => void;
};

function Project({ listed, action, reload, onDump }: ProjectProps): View {
  const { t, time, number, duration } = useWorkWords();
  const { project, workflows } = listed;
  const took = ({ last_run: last }: ListedWorkflow) => (last?.ended ? duration(last.ended - last.started) : '');
  const columns: Column<ListedWorkflow>[] = [
    {
      key: 'name',
      title: t('workflows.name'),
      isHeading: true,
      cell: ({ name }) => html`<a class="task-name" href=${workflowHash(project, name)}>${name}</a>`,
    },
    { key: 'status', title: t('tasks.status'), cell: ({ status }) => html`<${RunStatus} status=${status} />` },
    { key: 'tasks', title: t('workflows.tasks'), isNumber: true, cell: ({ tasks }) => number(tasks) },
    {
      key: 'last',
      title: t('workflows.lastRun'),
      cell: ({ last_run: last }) => html`<span class="nowrap">${last && time(last.started)}</span>`,
    },
    {
      key: 'took',
      title: t('tasks.took'),
      isNumber: true,
      cell: (row) => html`<span class="nowrap">${took(row)}</span>`,
    },
    {
      key: 'actions',
      title: t('tasks.actions'),
      cell: ({ name, status }) => html`<${RunActions} name=${{ project, workflow: name }} status=${status}
        isBusy=${action.isBusy} run=${action.run} onDone=${reload} />`,
    },
  ];
  return html`<details class="card project" open><summary><h2>${project}</h2> <span class="muted">${number(workflows.length)}</span></summary>
    <${DataTable} caption=${t('workflows.of', { project })} columns=${columns} rows=${workflows}
      keyOf=${({ name }: ListedWorkflow) => name} />
    <p><button type="button" class="button button-quiet" disabled=${action.isBusy} aria-label=${t('tree.dumpOf', { project })}
      onClick=${() => onDump(project)}>${t('tree.dump')}</button></p></details>`;
}

/** Projects and their workflows as a tree, with their statuses. */
export function WorkflowsView(): View {
  const { t } = useWorkWords();
  const loaded = useLoaded(readProjects, []);
  const action = useAction();
  const [tree, setTree] = useState(EXAMPLE_TREE);
  const form = useRef<HTMLDetailsElement>(null);
  const dump = (project: string) =>
    action.run(async () => {
      setTree(treeText(await readTree(project)));
      if (form.current === null) return;
      form.current.open = true;
      form.current.querySelector('textarea')?.focus();
    });
  const hasRuns = loaded.value?.some(({ workflows }) => workflows.some(({ status }) => isActive(status))) === true;
  useReloads(loaded, hasRuns ? LOOK_AT_RUNS_MS : LOOK_MS);
  return html`<${PageHeading} title=${t('workflows.title')} lead=${t('workflows.lead')} />
    <${SectionTabs} current="workflows" />
    ${action.error && html`<${ActionErrorNote} error=${action.error} />`}
    <${LoadedView} loaded=${loaded} render=${(projects: ListedProject[]) =>
      projects.length === 0
        ? html`<p class="note">${t('workflows.none')}</p>`
        : html`<div class="loaded">${projects.map(
            (listed) =>
              html`<${Project} key=${listed.project} listed=${listed} action=${action} reload=${loaded.reload}
              onDump=${dump} />`,
          )}</div>`} />
    <details class="card project" ref=${form}><summary><h2>${t('tree.title')}</h2></summary>
      <${TreeForm} text=${tree} onText=${setTree} onChanged=${loaded.reload} /></details>`;
}
