import type { ChartMaker } from '../../charts/chart.js';
import { ChartCard } from '../../charts/chart_card.js';
import { html, type View } from '../../frame/view.js';
import { type Column, DataTable } from '../../shared/data_table.js';
import type { Words } from '../../words/words.js';
import { StatusBadge } from '../cases/status_badge.js';
import { useTrafficWords } from '../words/use_traffic_words.js';
import type { Decisions } from './api.js';

const HEIGHT_PX = 260;
const SECONDS_A_MINUTE = 60;

type Series = { label: string; values: readonly number[] };

/** Two bars for each status, in minutes. */
function timesChart(names: readonly string[], series: readonly [Series, Series], axis: string): ChartMaker {
  return (palette) => ({
    type: 'bar',
    data: {
      labels: [...names],
      datasets: series.map(({ label, values }, place) => ({
        label,
        data: [...values],
        backgroundColor: place === 0 ? palette.first : palette.third,
        borderRadius: 4,
        maxBarThickness: 44,
      })),
    },
    options: {
      scales: {
        x: { grid: { display: false }, border: { color: palette.line } },
        y: {
          beginAtZero: true,
          border: { display: false },
          ticks: { maxTicksLimit: 6 },
          title: { display: true, text: axis },
        },
      },
      plugins: { legend: { position: 'top', align: 'start' } },
    },
  });
}

function timeText(seconds: number | null, { duration }: Pick<Words, 'duration'>): string {
  return seconds === null ? '' : duration(seconds);
}

/** How long cases wait for their decision. */
export function DecisionsCard({ decisions }: { decisions: readonly Decisions[] }): View {
  const words = useTrafficWords();
  const { t, number } = words;
  const title = t('statistics.decisions');
  const columns: Column<Decisions>[] = [
    {
      key: 'status',
      title: t('cases.status'),
      isHeading: true,
      cell: ({ status }) => html`<${StatusBadge} status=${status} />`,
    },
    { key: 'cases', title: t('statistics.cases'), isNumber: true, cell: ({ cases }) => number(cases) },
    { key: 'median', title: t('statistics.median'), isNumber: true, cell: ({ median_s }) => timeText(median_s, words) },
    { key: 'p90', title: t('statistics.p90'), isNumber: true, cell: ({ p90_s }) => timeText(p90_s, words) },
  ];
  const minutes = (seconds: number | null) => (seconds ?? 0) / SECONDS_A_MINUTE;
  const names = decisions.map(({ status }) => t(`status.${status}`));
  const series = [
    { label: t('statistics.median'), values: decisions.map(({ median_s }) => minutes(median_s)) },
    { label: t('statistics.p90'), values: decisions.map(({ p90_s }) => minutes(p90_s)) },
  ] as const;
  return html`<${ChartCard} id="decisions" title=${title} lead=${t('statistics.decisionsLead')} heightPx=${HEIGHT_PX}
    label=${title} make=${timesChart(names, series, t('statistics.minutes'))} keys=${[JSON.stringify(decisions)]}
    fileName="decisions" isTableOpen=${true} isWide=${true}
    csv=${() => ({
      header: ['status', 'cases', 'median_s', 'p90_s'],
      rows: decisions.map((each) => [each.status, each.cases, each.median_s, each.p90_s]),
    })}
    table=${html`<${DataTable} caption=${title} columns=${columns} rows=${decisions}
      keyOf=${({ status }: Decisions) => status} />`} />`;
}
