import type { ChartConfiguration } from 'chart.js';
import type { ChartMaker, Palette } from '../../charts/chart.js';
import type { Words } from '../../words/words.js';
import type { TownPercentiles } from '../api.js';

const POINT_PX = 6;

/** Marks differ in shape as well as in colour, for people who cannot distinguish the colours. */
const MARKS = [
  { key: 'p50', shape: 'circle', colour: 'first' },
  { key: 'p75', shape: 'rectRot', colour: 'second' },
  { key: 'p99', shape: 'triangle', colour: 'third' },
] as const;

/** A line per town from p50 to p99, with a mark at each percentile. */
export function townsChart(towns: readonly TownPercentiles[], { t }: Words): ChartMaker {
  return (palette: Palette) => {
    const config = {
      type: 'bar',
      data: {
        labels: towns.map(({ town }) => town),
        datasets: [
          ...MARKS.map(({ key, shape, colour }) => ({
            type: 'line',
            label: key,
            data: towns.map((row) => row[key]),
            showLine: false,
            pointStyle: shape,
            pointRadius: POINT_PX,
            pointHoverRadius: POINT_PX + 2,
            backgroundColor: palette[colour],
            borderColor: palette[colour],
          })),
          {
            type: 'bar',
            label: 'p50–p99',
            data: towns.map(({ p50, p99 }) => [p50, p99]),
            barThickness: 6,
            borderRadius: 3,
            borderSkipped: false,
            backgroundColor: palette.soft,
          },
        ],
      },
      options: {
        indexAxis: 'y',
        interaction: { mode: 'index', axis: 'y', intersect: false },
        scales: {
          x: { title: { display: true, text: t('towns.age') }, beginAtZero: true, border: { display: false } },
          y: { grid: { display: false }, border: { display: false }, ticks: { autoSkip: false, color: palette.text } },
        },
        plugins: {
          legend: {
            position: 'top',
            align: 'start',
            labels: {
              usePointStyle: true,
              boxHeight: 8,
              padding: 18,
              filter: ({ text }: { text: string }) => !text.includes('–'),
            },
          },
          tooltip: { usePointStyle: true, filter: ({ datasetIndex }: { datasetIndex: number }) => datasetIndex < 3 },
        },
      },
    };
    // Chart.js has no type for a chart that mixes bars and lines.
    return config as unknown as ChartConfiguration;
  };
}
