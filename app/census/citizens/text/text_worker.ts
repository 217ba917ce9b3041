import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { RowFormat } from '../../../http/answers/row_formats.js';
import { ROWS_TO_TEXT } from './list_formats.js';

export type TextTask = { format: RowFormat; rows: Uint8Array<ArrayBuffer> };

/** Runs in a worker thread. The text is transferred, not copied. */
export function makeTextInWorker({ format, rows }: TextTask): unknown {
  const text = ROWS_TO_TEXT[format](Buffer.from(rows.buffer, rows.byteOffset, rows.length));
  return move({ [transferableSymbol]: [text.buffer as ArrayBuffer], [valueSymbol]: text });
}
