import type { Violation } from '../../errors.js';
import { linesOf } from '../lines.js';
import { countText, harmless } from '../plain_text.js';
import { violationsTable } from './violations_table.js';

/** What most people correct before they try again; `--all` shows the rest. */
export const FIRST_VIOLATIONS = 20;
/** Tables of more rows take time with the square of them; 100,000 in one would take minutes, in tables of 200 seconds. */
const ROWS_A_TABLE = 200;

type RefusalOptions = { showsAll: boolean; asJson: boolean };

/** Where results go, and the width of the terminal there; undefined: it is none. */
export type Output = { write(text: string): unknown; columns?: number | undefined };

function toViolation(line: string): Partial<Violation> {
  try {
    const violation: unknown = JSON.parse(line);
    if (typeof violation === 'object' && violation !== null) return violation;
  } catch {
    // Shown as it came, below.
  }
  return { detail: line };
}

/** A line of JSON with its meaning unchanged that can do no harm to a terminal. */
export function writeJsonLine(output: Output, line: string): void {
  output.write(`${harmless(line)}\n`);
}

/**
 * Writes the violations as tables or as lines of JSON while they come; no more than 200 are held. Answers how many were
 * written and how many there were.
 * @throws what the report fails with, after what came before was written
 */
export async function writeViolations(
  report: AsyncIterable<Uint8Array>,
  { showsAll, asJson }: RefusalOptions,
  output: Output,
): Promise<{ shownCount: number; toldCount: number }> {
  let rows: Partial<Violation>[] = [];
  let shownCount = 0;
  let toldCount = 0;
  const endTable = () => {
    if (rows.length > 0) output.write(`${violationsTable(rows, output.columns)}\n`);
    rows = [];
  };
  try {
    for await (const line of linesOf(report)) {
      toldCount++;
      if (!asJson && !showsAll && shownCount === FIRST_VIOLATIONS) continue;
      shownCount++;
      if (asJson) writeJsonLine(output, line);
      else rows.push(toViolation(line));
      if (rows.length === ROWS_A_TABLE) endTable();
    }
  } finally {
    endTable();
  }
  return { shownCount, toldCount };
}

/** What stands below the violations, for people. */
export function refusalText(count: number, shownCount: number): string {
  const rules = `Refused: ${countText(count)} ${count === 1 ? 'rule is' : 'rules are'} broken. Nothing was stored.`;
  if (shownCount >= count) return rules;
  const more = shownCount <= FIRST_VIOLATIONS ? '; --all shows all of them, --json as lines of JSON' : '';
  return `${rules}\nThe first ${countText(shownCount)} are above${more}.`;
}
