import type { ChartConfiguration } from 'chart.js';
import type { ChartMaker } from './chart.js';
import { ChartCard } from './chart_card.js';
import { DataTable } from './data_table.js';
import { changeQuery } from './navigation.js';
import { RowPager } from './pager.js';
import type { PlaceQuery } from './place.js';
import type { TownShift } from './towns_shift.js';
import { useWords } from './use_words.js';
import { html, type View } from './view.js';

const TOWNS_ON_A_PAGE = 15;

function shiftChart(shifts: readonly TownShift[], axis: string): ChartMaker {
  return (palette): ChartConfiguration => ({
    type: 'bar',
    data: {
      labels: shifts.map(({ town }) => town),
      datasets: [
        {
          label: axis,
          data: shifts.map(({ shift }) => shift ?? null),
          backgroundColor: shifts.map(({ shift = 0 }) => (shift < 0 ? palette.third : palette.first)),
          borderRadius: 3,
          barThickness: 12,
        },
      ],
    },
    options: {
      indexAxis: 'y',
      scales: {
        x: { title: { display: true, text: axis }, border: { display: false } },
        y: { grid: { display: false }, border: { display: false }, ticks: { autoSkip: false, color: palette.text } },
      },
      plugins: { legend: { display: false } },
    },
  });
}

type ShiftProps = { before: number; after: number; shifts: readonly TownShift[]; query: PlaceQuery };

/** How far each town's median age moved. */
export function ShiftCard({ before, after, shifts, query }: ShiftProps): View {
  const { t, number } = useWords();
  const pages = Math.max(1, Math.ceil(shifts.length / TOWNS_ON_A_PAGE));
  const page = Math.min(pages - 1, Math.max(0, Number(query['page'] ?? 1) - 1 || 0));
  const shown = shifts.slice(page * TOWNS_ON_A_PAGE, (page + 1) * TOWNS_ON_A_PAGE);
  const value = (years: number | undefined) => (years === undefined ? t('compare.absent') : number(years));
  const signed = ({ shift }: TownShift) => (shift !== undefined && shift > 0 ? `+${number(shift)}` : value(shift));
  const columns = [
    { key: 'town', title: t('towns.town'), isHeading: true, cell: ({ town }: TownShift) => town },
    {
      key: 'before',
      title: t('compare.beforeOf', { id: String(before) }),
      isNumber: true,
      cell: (row: TownShift) => value(row.before),
    },
    {
      key: 'after',
      title: t('compare.afterOf', { id: String(after) }),
      isNumber: true,
      cell: (row: TownShift) => value(row.after),
    },
    { key: 'shift', title: t('compare.shift'), isNumber: true, cell: signed },
  ];
  return html`<${ChartCard} id="shift" isTableOpen title=${t('compare.medians')} lead=${t('compare.mediansLead')}
    label=${t('compare.chart', { count: shown.length })} make=${shiftChart(shown, t('compare.shiftYears'))}
    keys=${[JSON.stringify(shown)]} heightPx=${70 + shown.length * 26} fileName="compare-${before}-${after}"
    csv=${() => ({
      header: ['town', 'before', 'after', 'shift'],
      rows: shifts.map((row) => [row.town, row.before, row.after, row.shift]),
    })}
    table=${html`<${DataTable} caption=${t('compare.medians')} columns=${columns} rows=${shown}
        keyOf=${({ town }: TownShift) => town} />
      <${RowPager} what=${t('compare.medians')} page=${page} pages=${pages}
        onPage=${(next: number) => changeQuery({ page: next === 0 ? '' : String(next + 1) })} />`} />`;
}
