import { useRef } from 'preact/hooks';
import { type Children, html, type View } from '../frame/view.js';
import type { CsvTable } from '../shared/csv.js';
import { saveCsv, savePng } from '../shared/downloads.js';
import { useWords } from '../words/use_words.js';
import { ChartCanvas, type ChartMaker } from './chart.js';

type ChartCardProps = {
  /** Unique within the page; also used in file names. */
  id: string;
  title: string;
  lead: string;
  label: string;
  make: ChartMaker;
  keys: readonly unknown[];
  heightPx: number;
  /** The complete data, not only the part that is drawn. */
  csv: () => CsvTable;
  fileName: string;
  /** Controls between the heading and the chart. */
  tools?: Children;
  /** The same data as a table, shown always or on demand. */
  table: Children;
  isTableOpen?: boolean;
  isWide?: boolean;
};

/** A chart with its heading, its table, and buttons to save it. */
export function ChartCard(props: ChartCardProps): View {
  const { id, title, lead, label, make, keys, heightPx, csv, fileName, tools, table, isTableOpen, isWide } = props;
  const words = useWords();
  const canvas = useRef<HTMLCanvasElement | null>(null);
  const onCanvas = (element: HTMLCanvasElement | null) => {
    canvas.current = element;
  };
  const onPng = () => canvas.current && savePng(canvas.current, title, fileName);
  return html`<section class=${isWide ? 'card card-wide' : 'card'} aria-labelledby="${id}-title">
    <header class="card-head">
      <div>
        <h2 id="${id}-title">${title}</h2>
        <p class="muted small">${lead}</p>
      </div>
      <div class="card-tools">
        <button type="button" class="button button-quiet" aria-label=${words.t('chart.csvOf', { title })}
          onClick=${() => saveCsv(csv(), fileName, words.language)}>${words.t('chart.csv')}</button>
        <button type="button" class="button button-quiet" aria-label=${words.t('chart.pngOf', { title })}
          onClick=${onPng}>${words.t('chart.png')}</button>
      </div>
    </header>
    ${tools}
    <${ChartCanvas} make=${make} keys=${keys} label=${label} heightPx=${heightPx} onCanvas=${onCanvas} />
    ${
      isTableOpen
        ? table
        : html`<details class="as-table"><summary>${words.t('chart.table')}</summary>${table}</details>`
    }
  </section>`;
}
