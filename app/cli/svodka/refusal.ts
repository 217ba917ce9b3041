import type { Violation } from '../../errors.js';
import { linesOf } from '../lines.js';
import { countText, harmless } from '../terminal/plain_text.js';
import { violationsTable } from './violations_table.js';

/** Violations shown without `--all`: about as many as a user corrects before the next try. */
export const FIRST_VIOLATIONS = 20;
/** Building a table takes quadratic time: 100,000 rows take minutes in one table, seconds in tables of 200. */
const ROWS_PER_TABLE = 200;

type RefusalOptions = { showsAll: boolean; asJson: boolean };

/** Receives results. `columns` is the width of the terminal; `undefined` when the output is not a terminal. */
export type Output = { write(text: string): unknown; columns?: number | undefined };

function toViolation(line: string): Partial<Violation> {
  try {
    const violation: unknown = JSON.parse(line);
    if (typeof violation === 'object' && violation !== null) return violation;
  } catch {
    // Not JSON: shown as received, below.
  }
  return { detail: line };
}

/** Writes a line of JSON; control characters are escaped, which does not change its meaning. */
export function writeJsonLine(output: Output, line: string): void {
  output.write(`${harmless(line)}\n`);
}

/**
 * Writes the violations as tables or as lines of JSON while they arrive; at most 200 are in memory. Returns how many
 * were written and how many were received.
 * @throws the error of the stream, after the violations received so far were written
 */
export async function writeViolations(
  report: AsyncIterable<Uint8Array>,
  { showsAll, asJson }: RefusalOptions,
  output: Output,
): Promise<{ shownCount: number; receivedCount: number }> {
  let rows: Partial<Violation>[] = [];
  let shownCount = 0;
  let receivedCount = 0;
  const endTable = () => {
    if (rows.length > 0) output.write(`${violationsTable(rows, output.columns)}\n`);
    rows = [];
  };
  try {
    for await (const line of linesOf(report)) {
      receivedCount++;
      if (!asJson && !showsAll && shownCount === FIRST_VIOLATIONS) continue;
      shownCount++;
      if (asJson) writeJsonLine(output, line);
      else rows.push(toViolation(line));
      if (rows.length === ROWS_PER_TABLE) endTable();
    }
  } finally {
    endTable();
  }
  return { shownCount, receivedCount };
}

/** The summary below the violations. */
export function refusalText(count: number, shownCount: number): string {
  const rules = `Refused: ${countText(count)} ${count === 1 ? 'rule is' : 'rules are'} broken. Nothing was stored.`;
  if (shownCount >= count) return rules;
  const more = shownCount <= FIRST_VIOLATIONS ? '; --all shows all of them, --json as lines of JSON' : '';
  return `${rules}\nThe first ${countText(shownCount)} are above${more}.`;
}
