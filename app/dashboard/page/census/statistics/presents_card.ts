import { barsChart } from '../../charts/bars_chart.js';
import { ChartCard } from '../../charts/chart_card.js';
import { html, type View } from '../../frame/view.js';
import { DataTable } from '../../shared/data_table.js';
import { useLoaded } from '../../shared/loading.js';
import { LoadedView } from '../../shared/notes.js';
import { useWords } from '../../words/use_words.js';
import type { Words } from '../../words/words.js';
import { type ImportInfo, type MonthPresents, readPresents } from '../api.js';

function summary(months: readonly MonthPresents[], { t, month }: Words): string {
  const total = months.reduce((sum, { presents }) => sum + presents, 0);
  const most = months.reduce((best, row) => (row.presents > best.presents ? row : best));
  return total === 0 ? t('presents.chartEmpty') : t('presents.chart', { total, month: month(most.month) });
}

function Presents({ importId, months, words }: { importId: number; months: MonthPresents[]; words: Words }): View {
  const { t, number, month } = words;
  const columns = [
    { key: 'month', title: t('presents.month'), isHeading: true, cell: (row: MonthPresents) => month(row.month) },
    {
      key: 'presents',
      title: t('presents.presents'),
      isNumber: true,
      cell: (row: MonthPresents) => number(row.presents),
    },
    { key: 'givers', title: t('presents.givers'), isNumber: true, cell: (row: MonthPresents) => number(row.givers) },
  ];
  const bars = {
    names: months.map((row) => month(row.month, 'short')),
    values: months.map(({ presents }) => presents),
    what: t('presents.presents'),
  };
  return html`<${ChartCard} id="presents" title=${t('presents.title')} lead=${t('presents.lead')}
    label=${summary(months, words)} make=${barsChart(bars)} keys=${[JSON.stringify(months)]} heightPx=${280}
    fileName="import-${importId}-presents"
    csv=${() => ({
      header: ['month', 'presents', 'givers'],
      rows: months.map((row) => [row.month, row.presents, row.givers]),
    })}
    table=${html`<${DataTable} caption=${t('presents.title')} columns=${columns} rows=${months}
      keyOf=${(row: MonthPresents) => row.month} />`} />`;
}

/** Number of presents by month. */
export function PresentsCard({ info, revision }: { info: ImportInfo; revision: number }): View {
  const words = useWords();
  const importId = info.import_id;
  const loaded = useLoaded((signal) => readPresents(importId, signal), [importId, revision]);
  return html`<${LoadedView} loaded=${loaded} render=${(months: MonthPresents[]) =>
    html`<${Presents} importId=${importId} months=${months} words=${words} />`} />`;
}
