import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { useWorkWords } from '../words/use_work_words.js';
import type { StatusChange } from './api.js';
import { causeText, StatusBadge } from './task_status.js';

/** The statuses that a task had, newest first. */
export function TaskHistory({ history }: { history: readonly StatusChange[] }): View {
  const words = useWorkWords();
  const { t, time } = words;
  const rows = history.map((change, place) => ({ ...change, place })).reverse();
  type Row = (typeof rows)[number];
  const columns: Column<Row>[] = [
    {
      key: 'status',
      title: t('history.status'),
      isHeading: true,
      cell: ({ status, cause }) =>
        html`<${StatusBadge} status=${status} />${cause !== null && html`<span class="small cause">${causeText(cause, words)}</span>`}`,
    },
    { key: 'at', title: t('history.at'), cell: ({ at }) => html`<span class="nowrap">${time(at)}</span>` },
    { key: 'attempt', title: t('task.attempt'), isNumber: true, cell: ({ attempt }) => words.number(attempt) },
    { key: 'by', title: t('history.by'), cell: ({ by }) => by },
  ];
  return html`<section class="card card-wide" aria-labelledby="history-title">
    <h2 id="history-title">${t('history.title')}</h2>
    <${DataTable} caption=${t('history.title')} columns=${columns} rows=${rows} keyOf=${({ place }: Row) => place} />
  </section>`;
}
