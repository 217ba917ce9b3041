import { barsChart } from '../../charts/bars_chart.js';
import { ChartCard } from '../../charts/chart_card.js';
import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import type { CaseCount, CountKind } from './api.js';

/** Rows of the table; the CSV has all. */
const MAX_ROWS = 200;
const HEIGHT_PX = 260;

/** Longer names would hide each other below the bars; the table has them whole. */
const MAX_NAME_LENGTH = 14;

function shorten(name: string): string {
  return name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH - 1)}…` : name;
}

type CountsCardProps = {
  kind: CountKind;
  /** All of them, as the table shows them. */
  counts: readonly CaseCount[];
  /** Those that are drawn. */
  drawn: readonly CaseCount[];
  /** What a key means. */
  nameOf: (key: string) => string;
  isWide?: boolean;
};

/** How many cases there are, by one of their members: a chart, and the same as a table. */
export function CountsCard({ kind, counts, drawn, nameOf, isWide = false }: CountsCardProps): View {
  const { t, number } = useTrafficWords();
  const title = t(`statistics.${kind}`);
  const total = counts.reduce((sum, { cases }) => sum + cases, 0);
  const columns: Column<CaseCount>[] = [
    { key: 'key', title: t(`statistics.key.${kind}`), isHeading: true, cell: ({ key }) => nameOf(key) },
    { key: 'cases', title: t('statistics.cases'), isNumber: true, cell: ({ cases }) => number(cases) },
  ];
  const bars = {
    names: drawn.map(({ key }) => shorten(nameOf(key))),
    values: drawn.map(({ cases }) => cases),
    what: t('statistics.cases'),
  };
  const lead =
    drawn.length < counts.length
      ? t('statistics.shownOf', { shown: drawn.length, all: counts.length })
      : t('statistics.total', { cases: total });
  return html`<${ChartCard} id=${`by-${kind}`} title=${title} lead=${lead} isWide=${isWide} heightPx=${HEIGHT_PX}
    label=${t('statistics.chart', { title, cases: total })} make=${barsChart(bars)} keys=${[JSON.stringify(bars)]}
    fileName=${`cases-by-${kind}`}
    csv=${() => ({ header: [kind, 'name', 'cases'], rows: counts.map(({ key, cases }) => [key, nameOf(key), cases]) })}
    table=${html`<${DataTable} caption=${title} columns=${columns} rows=${counts.slice(0, MAX_ROWS)}
      keyOf=${({ key }: CaseCount) => key} />`} />`;
}
