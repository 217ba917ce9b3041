import type { ChartMaker } from './chart.js';

type Bars = { names: readonly string[]; values: readonly number[]; what: string; axis?: string };

/** A vertical bar chart with one series. */
export function barsChart({ names, values, what, axis }: Bars): ChartMaker {
  return (palette) => ({
    type: 'bar',
    data: {
      labels: [...names],
      datasets: [
        {
          label: what,
          data: [...values],
          backgroundColor: palette.first,
          hoverBackgroundColor: palette.second,
          borderRadius: 4,
          maxBarThickness: 44,
        },
      ],
    },
    options: {
      scales: {
        x: {
          grid: { display: false },
          border: { color: palette.line },
          ticks: { maxRotation: 0 },
          ...(axis !== undefined && { title: { display: true, text: axis } }),
        },
        y: { beginAtZero: true, border: { display: false }, ticks: { precision: 0, maxTicksLimit: 6 } },
      },
      plugins: { legend: { display: false } },
    },
  });
}
