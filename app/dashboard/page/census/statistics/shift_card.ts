import type { ChartConfiguration } from 'chart.js';
import type { ChartMaker } from '../../charts/chart.js';
import { ChartCard } from '../../charts/chart_card.js';
import { changeQuery } from '../../frame/navigation.js';
import type { PlaceQuery } from '../../frame/place.js';
import { html, type View } from '../../frame/view.js';
import { DataTable } from '../../shared/data_table.js';
import { useLoaded } from '../../shared/loading.js';
import { LoadedView } from '../../shared/notes.js';
import { RowPager } from '../../shared/pager.js';
import { useWords } from '../../words/use_words.js';
import { type Pair, readTownShifts, type TownShift, type TownValue } from '../api.js';

const TOWNS_ON_A_PAGE = 15;
const VALUES: readonly TownValue[] = ['median_age', 'citizens'];

function shiftChart(shifts: readonly TownShift[], axis: string): ChartMaker {
  return (palette): ChartConfiguration => ({
    type: 'bar',
    data: {
      labels: shifts.map(({ town }) => town),
      datasets: [
        {
          label: axis,
          data: shifts.map(({ shift }) => shift),
          backgroundColor: shifts.map(({ shift }) => (shift !== null && shift < 0 ? palette.third : palette.first)),
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

/** Buttons to choose the measure by which towns are compared. */
function ValueChoice({ of }: { of: TownValue }): View {
  const { t } = useWords();
  return html`<div class="tools" role="group" aria-label=${t('compare.by')}>
    ${VALUES.map(
      (value) => html`<button type="button" class="button" aria-pressed=${value === of}
        onClick=${() => changeQuery({ of: value === VALUES[0] ? '' : value, page: '' })}>
        ${t(`compare.by.${value}`)}</button>`,
    )}
  </div>`;
}

type ShiftsProps = { pair: Pair; of: TownValue; shifts: readonly TownShift[]; query: PlaceQuery };

function Shifts({ pair, of, shifts, query }: ShiftsProps): View {
  const { t, number } = useWords();
  const [before, after] = pair;
  const pages = Math.max(1, Math.ceil(shifts.length / TOWNS_ON_A_PAGE));
  const page = Math.min(pages - 1, Math.max(0, Number(query['page'] ?? 1) - 1 || 0));
  const shown = shifts.slice(page * TOWNS_ON_A_PAGE, (page + 1) * TOWNS_ON_A_PAGE);
  const value = (amount: number | null) => (amount === null ? t('compare.absent') : number(amount));
  const signed = ({ shift }: TownShift) => (shift !== null && shift > 0 ? `+${number(shift)}` : value(shift));
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
  const title = t(`compare.of.${of}`);
  return html`<${ChartCard} id="shift" isTableOpen title=${title} lead=${t('compare.shiftsLead')}
    label=${t('compare.chart', { title, count: shown.length })} make=${shiftChart(shown, t('compare.shift'))}
    keys=${[JSON.stringify(shown)]} heightPx=${70 + shown.length * 26} fileName="compare-${before}-${after}"
    csv=${() => ({
      header: ['town', 'before', 'after', 'shift'],
      rows: shifts.map((row) => [row.town, row.before, row.after, row.shift]),
    })}
    tools=${html`<${ValueChoice} of=${of} />`}
    table=${html`<${DataTable} caption=${title} columns=${columns} rows=${shown}
        keyOf=${({ town }: TownShift) => town} />
      <${RowPager} what=${title} page=${page} pages=${pages}
        onPage=${(next: number) => changeQuery({ page: next === 0 ? '' : String(next + 1) })} />`} />`;
}

/** The shift of each town: of its median age or of its number of citizens. */
export function ShiftCard({ pair, query }: { pair: Pair; query: PlaceQuery }): View {
  const of = VALUES.find((known) => known === query['of']) ?? 'median_age';
  const loaded = useLoaded(async (signal) => ({ of, shifts: await readTownShifts(pair, of, signal) }), [...pair, of]);
  return html`<${LoadedView} loaded=${loaded} render=${(shown: { of: TownValue; shifts: TownShift[] }) =>
    html`<${Shifts} pair=${pair} of=${shown.of} shifts=${shown.shifts} query=${query} />`} />`;
}
