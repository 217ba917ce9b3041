import { move, transferableSymbol, valueSymbol } from 'piscina';
import { type CompileFormula, noFormulas } from '../formulas/formula_rules.js';
import { type ParsedTerms, parseTerms } from '../formulas/terms.js';
import { computesFormulas, makeRows, type RowsTask } from './stats_rows.js';

/** `load`: loads mathjs ahead of a task, so that the task's time limit does not include it. */
export type StatsTask = 'load' | { termsText: string } | { rows: RowsTask };
/** Terms for `termsText`; pieces of text for `rows`, or undefined if that is too heavy; undefined for `load`. */
export type StatsResult = ParsedTerms | readonly Uint8Array<ArrayBuffer>[] | undefined;

function inOwnMemory(piece: Buffer): Uint8Array<ArrayBuffer> {
  // Short pieces share Node's buffer pool with others of this thread, so the pool must not be transferred.
  return piece.length === piece.buffer.byteLength
    ? (piece as Uint8Array as Uint8Array<ArrayBuffer>)
    : new Uint8Array(piece);
}

/** mathjs takes 0.3 s and 50 MB to load, so it is loaded on first use. */
async function loadFormulas(): Promise<CompileFormula> {
  return (await import('../formulas/formula_math.js')).compileFormula;
}

/** Entry point of the worker thread, the only one that loads mathjs. Text is transferred without copying. */
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
