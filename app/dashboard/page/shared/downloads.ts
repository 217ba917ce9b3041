import type { Language } from '../words/words.js';
import type { CsvTable } from './csv.js';
import { toCsv } from './csv.js';

/** Saves a file as a download does. */
export function saveBlob(blob: Blob, fileName: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  // The browser has opened the URL by the next turn of the event loop.
  setTimeout(() => URL.revokeObjectURL(link.href));
}

/**
 * The byte order mark makes Excel read UTF-8. A `sep=;` line, which would declare the separator in any locale, would
 * make Excel ignore the mark.
 */
export function saveCsv(table: CsvTable, fileName: string, language: Language): void {
  saveBlob(new Blob(['\uFEFF', toCsv(table, language)], { type: 'text/csv' }), `${fileName}.csv`);
}

const MARGIN_PX = 24;
const TITLE_PX = 44;

/** Saves a chart with its title, on the background of the current theme. */
export function savePng(chart: HTMLCanvasElement, title: string, fileName: string): void {
  const scale = chart.width / chart.clientWidth;
  const canvas = document.createElement('canvas');
  canvas.width = chart.width + 2 * MARGIN_PX * scale;
  canvas.height = chart.height + (2 * MARGIN_PX + TITLE_PX) * scale;
  const context = canvas.getContext('2d');
  if (context === null) return;
  const style = getComputedStyle(document.documentElement);
  context.fillStyle = style.getPropertyValue('--surface');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = style.getPropertyValue('--text');
  context.font = `600 ${20 * scale}px ${getComputedStyle(document.body).fontFamily}`;
  context.fillText(title, MARGIN_PX * scale, (MARGIN_PX + 20) * scale, canvas.width - 2 * MARGIN_PX * scale);
  context.drawImage(chart, MARGIN_PX * scale, (MARGIN_PX + TITLE_PX) * scale);
  canvas.toBlob((blob) => {
    if (blob !== null) saveBlob(blob, `${fileName}.png`);
  });
}
