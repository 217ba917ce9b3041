import { html, type View } from '../../../frame/view.js';
import { type Column, DataTable } from '../../../shared/data_table.js';
import { useLoaded } from '../../../shared/loading.js';
import { LoadedView } from '../../../shared/notes.js';
import { useWorkWords } from '../../words/use_work_words.js';
import { isActive, readHistory, type StatusChange, type WorkflowState } from '../api.js';
import { RunStatus } from '../run_status.js';
import { RunBars } from './run_bars.js';

const MAX_ROWS = 200;

function Changes({ history }: { history: readonly StatusChange[] }): View {
  const { t, time } = useWorkWords();
  const rows = history.slice(0, MAX_ROWS).map((change, place) => ({ ...change, place }));
  type Row = (typeof rows)[number];
  const columns: Column<Row>[] = [
    {
      key: 'at',
      title: t('history.at'),
      isHeading: true,
      cell: ({ at }) => html`<span class="nowrap">${time(at)}</span>`,
    },
    { key: 'task', title: t('tasks.name'), cell: ({ task }) => task ?? t('bars.run') },
    {
      key: 'status',
      title: t('tasks.status'),
      cell: ({ status, label }) => html`<${RunStatus} status=${status} label=${label} />`,
    },
    { key: 'by', title: t('history.by'), cell: ({ by }) => by },
    { key: 'why', title: t('history.why'), cell: ({ why }) => html`<span lang="en">${why}</span>` },
  ];
  return html`<details class="as-table"><summary>${t('history.changes')}</summary>
    <${DataTable} caption=${t('history.changes')} columns=${columns} rows=${rows} keyOf=${({ place }: Row) => history.length - place} />
  </details>`;
}

/** What happened when: bars over time, and every change as a table. */
export function WorkflowHistory({ state, revision }: { state: WorkflowState; revision: number }): View {
  const { t } = useWorkWords();
  const { project, workflow, status } = state;
  const loaded = useLoaded((signal) => readHistory({ project, workflow }, signal), [revision, status]);
  return html`<section class="card card-wide" aria-labelledby="workflow-history-title">
    <h2 id="workflow-history-title">${t('history.title')}</h2>
    <${LoadedView} loaded=${loaded} render=${(history: StatusChange[]) =>
      html`<div class="loaded"><${RunBars} history=${history} isActive=${isActive(status)} /><${Changes} history=${history} /></div>`} />
  </section>`;
}
