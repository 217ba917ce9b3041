import type { Chart as ChartClass, ChartConfiguration } from 'chart.js';
import { useEffect, useRef } from 'preact/hooks';
import { useSettings } from '../frame/settings.js';
import { html, type View } from '../frame/view.js';

/** Defined by the script loaded before the modules of the page. */
declare const Chart: typeof ChartClass;

/** Colours of the style sheet for the current theme. */
export type Palette = Record<'text' | 'muted' | 'line' | 'first' | 'second' | 'third' | 'soft', string>;

export type ChartMaker = (palette: Palette) => ChartConfiguration;

function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    text: colour('--text'),
    muted: colour('--muted'),
    line: colour('--line'),
    first: colour('--chart-first'),
    second: colour('--chart-second'),
    third: colour('--chart-third'),
    soft: colour('--chart-soft'),
  };
}

type ChartCanvasProps = {
  make: ChartMaker;
  /** The chart is redrawn when one of these changes. */
  keys: readonly unknown[];
  /** Text alternative for screen readers. */
  label: string;
  heightPx: number;
  onCanvas: (canvas: HTMLCanvasElement | null) => void;
};

export function ChartCanvas({ make, keys, label, heightPx, onCanvas }: ChartCanvasProps): View {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { isDark, language } = useSettings();
  useEffect(() => {
    if (canvas.current === null) return undefined;
    const palette = readPalette();
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 13;
    Chart.defaults.color = palette.muted;
    Chart.defaults.borderColor = palette.line;
    Chart.defaults.locale = language;
    const config = make(palette);
    const chart = new Chart(canvas.current, {
      ...config,
      options: { responsive: true, maintainAspectRatio: false, animation: false, ...config.options },
    });
    onCanvas(canvas.current);
    return () => chart.destroy();
  }, [isDark, language, heightPx, ...keys]);
  return html`<div class="canvas-box" style=${{ height: `${heightPx}px` }}>
    <canvas ref=${canvas} role="img" aria-label=${label}></canvas>
  </div>`;
}
