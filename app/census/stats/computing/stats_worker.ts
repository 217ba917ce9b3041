import { move, transferableSymbol, valueSymbol } from 'piscina';
import { type CompileFormula, noFormulas } from '../formulas/formula_rules.js';
import { type ParsedTerms, parseTerms } from '../formulas/terms.js';
import { computesFormulas, makeRows, type RowsTask } from './stats_rows.js';

/** `load`: only what formulas need, so that the time of a later task is its own. */
export type StatsTask = 'load' | { termsText: string } | { rows: RowsTask };
/** Of a text its terms; of rows their text in pieces, undefined when it would be too much, and of `load`. */
export type StatsResult = ParsedTerms | readonly Uint8Array<ArrayBuffer>[] | undefined;

function inOwnMemory(piece: Buffer): Uint8Array<ArrayBuffer> {
  // A short one shares its memory with others of this thread, which must keep theirs.
  return piece.length === piece.buffer.byteLength
    ? (piece as Uint8Array as Uint8Array<ArrayBuffer>)
    : new Uint8Array(piece);
}

/** It takes 0.3 s and 50 MB to load: only who computes with formulas pays for it. */
async function loadFormulas(): Promise<CompileFormula> {
  return (await import('../formulas/formula_math.js')).compileFormula;
}

/** What a worker thread runs: the only place that knows mathjs. The text of rows changes hands without being copied. */
export async function computeInWorker(task: StatsTask): Promise<unknown> {
  if (task === 'load') {
    await loadFormulas();
    return undefined;
  }
  if ('termsText' in task) return parseTerms(task.termsText, await loadFormulas());
  const compile = computesFormulas(task.rows.query) ? await loadFormulas() : noFormulas;
  const pieces = makeRows(task.rows, compile)?.map(inOwnMemory);
  return pieces && move({ [transferableSymbol]: pieces.map(({ buffer }) => buffer), [valueSymbol]: pieces });
}
