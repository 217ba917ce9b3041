import Table from 'cli-table3';
import { clipped, harmless } from './plain_text.js';

/** Without colours: the output may go to a file. */
const STYLE = { head: [], border: [] };
/** Longer ones are pointers through a name of 256 characters that somebody made up. */
const MAX_CELL_CHARACTERS = 160;
/** A column is not made narrower than this to fit the terminal. */
const MIN_WIDTH = 8;
/** A blank at each side of a cell. */
const PADDING = 2;

/** Widths that fit into `available` characters together, taken from the widest as long as there is any. */
export function fitWidths(widths: readonly number[], available: number): number[] {
  const fitted = [...widths];
  let excess = fitted.reduce((sum, width) => sum + width, 0) - available;
  while (excess > 0) {
    const widest = Math.max(...fitted);
    if (widest <= MIN_WIDTH) break;
    fitted[fitted.indexOf(widest)] = widest - 1;
    excess--;
  }
  return fitted;
}

/**
 * A table for people, of text from anywhere; `columns` is the width of their terminal, undefined where there is none.
 * Columns that are empty throughout are left out.
 */
export function fittedTable(
  names: readonly string[],
  lines: readonly (readonly unknown[])[],
  columns: number | undefined,
): string {
  const rows = lines.map((line) => line.map((cell) => clipped(harmless(String(cell ?? '')), MAX_CELL_CHARACTERS)));
  const isUsed = names.map((_, place) => rows.some((row) => row[place] !== ''));
  const used = (cells: readonly string[]) => cells.filter((_, place) => isUsed[place]);
  const head = used(names);
  const shown = rows.map(used);
  if (columns === undefined) {
    const table = new Table({ head, style: STYLE });
    for (const row of shown) table.push(row);
    return table.toString();
  }
  const widths = head.map((name, place) =>
    shown.reduce((most, row) => Math.max(most, (row[place] as string).length), name.length),
  );
  // A line on each side of a column.
  const available = columns - (head.length + 1);
  const colWidths = fitWidths(
    widths.map((width) => width + PADDING),
    available,
  );
  const table = new Table({ head, style: STYLE, colWidths, wordWrap: true });
  for (const row of shown) {
    // Only sentences have words to part at; a pointer would be cut short.
    table.push(row.map((content) => ({ content, wrapOnWordBoundary: content.includes(' ') })));
  }
  return table.toString();
}
