import type { Violation } from '../../errors.js';
import { fittedTable } from '../terminal/fitted_table.js';
import { countText } from '../terminal/plain_text.js';

const HEAD = ['line', 'place', 'code', 'detail', 'peer'];

/** The violations as a table. `columns` is the width of the terminal; `undefined` when there is none. */
export function violationsTable(violations: readonly Partial<Violation>[], columns: number | undefined): string {
  const rows = violations.map(({ line, pointer, code, detail, peer }) => {
    return [line === undefined ? '' : countText(Number(line)), pointer, code, detail, peer];
  });
  return fittedTable(HEAD, rows, columns);
}
