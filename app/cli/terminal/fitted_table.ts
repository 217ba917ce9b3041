import Table from 'cli-table3';
import { clipped, harmless } from './plain_text.js';

/** Without colours: the output may go to a file. */
const STYLE = { head: [], border: [] };
/** Longer cells are JSON Pointers with an invented property name of up to 256 characters. */
const MAX_CELL_CHARACTERS = 160;
/** Columns are not narrowed below this width to fit the terminal. */
const MIN_WIDTH = 8;
/** Building a table takes quadratic time: 100,000 rows take minutes in one table, seconds in tables of 200. */
const MAX_ROWS_AT_ONCE = 200;
/** One space on each side of a cell. */
const PADDING = 2;

/** Narrows the widest columns until all fit into `available` characters together or have the minimum width. */
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
 * A table of cells, whose text need not be trusted: control characters are escaped. `columns` is the width of the
 * terminal; `undefined` when there is none, 0 when it does not say. Empty columns are omitted.
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
  const isShort = shown.length <= MAX_ROWS_AT_ONCE;
  if (!columns && isShort) return joined([drawn(head, shown, {})]);
  const widths = head.map((name, place) =>
    shown.reduce((width, row) => Math.max(width, (row[place] as string).length), name.length),
  );
  // The vertical lines take one character on each side of a column.
  const available = columns ? columns - (head.length + 1) : Number.MAX_SAFE_INTEGER;
  const colWidths = fitWidths(
    widths.map((width) => width + PADDING),
    available,
  );
  const pieces: string[][] = [];
  for (let at = 0; at === 0 || at < shown.length; at += MAX_ROWS_AT_ONCE) {
    // With wrapOnWordBoundary, text without spaces (a pointer) would be truncated.
    const rowsAtOnce = shown
      .slice(at, at + MAX_ROWS_AT_ONCE)
      .map((row) => row.map((content) => ({ content, wrapOnWordBoundary: content.includes(' ') })));
    pieces.push(drawn(at === 0 ? head : [], rowsAtOnce, { colWidths, wordWrap: true }));
  }
  return joined(pieces);
}

/** The lines of a table. */
function drawn(
  head: readonly string[],
  rows: readonly (readonly Table.Cell[])[],
  options: Pick<Table.TableConstructorOptions, 'colWidths' | 'wordWrap'>,
): string[] {
  const table = new Table({ head: [...head], style: STYLE, ...options });
  for (const row of rows) table.push([...row]);
  return table.toString().split('\n');
}

/** One table of several with the same widths: a frame's end and the begin of the next become a line between rows. */
function joined([first = [], ...others]: readonly string[][]): string {
  const lines = [...first];
  for (const other of others) {
    const end = lines.pop() as string;
    lines.push(end.replace('└', '├').replaceAll('┴', '┼').replace('┘', '┤'), ...other.slice(1));
  }
  return lines.join('\n');
}
