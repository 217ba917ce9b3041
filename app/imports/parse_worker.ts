import { move, transferableSymbol, valueSymbol } from 'piscina';
import type { DateNumber } from '../calendar.js';
import { parseImport } from './parse.js';

export type ParseTask = { bytes: Uint8Array<ArrayBuffer>; today: DateNumber };

/** What a worker thread runs. The chunks change hands without being copied. */
export function parseInWorker({ bytes, today }: ParseTask): unknown {
  const outcome = parseImport(bytes, today);
  if (!('chunks' in outcome)) return outcome;
  const buffers = outcome.chunks.map((chunk) => chunk.buffer as ArrayBuffer);
  return move({ [transferableSymbol]: buffers, [valueSymbol]: outcome });
}
