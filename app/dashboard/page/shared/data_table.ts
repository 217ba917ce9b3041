import { type Children, html, type View } from '../frame/view.js';

export type Column<Row> = {
  key: string;
  title: Children;
  cell(row: Row): Children;
  isNumber?: boolean;
  /** The cell is the header of its row. */
  isHeading?: boolean;
  sorted?: 'ascending' | 'descending' | 'none';
};

type DataTableProps<Row> = {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string | number;
};

/** A table that scrolls within its box on narrow screens; the caption is for screen readers. */
export function DataTable<Row>({ caption, columns, rows, keyOf }: DataTableProps<Row>): View {
  const nameOf = (column: Column<Row>) => (column.isNumber ? 'number' : undefined);
  return html`<div class="table-box" role="region" aria-label=${caption} tabindex="0">
    <table>
      <caption class="for-readers">${caption}</caption>
      <thead><tr>
        ${columns.map(
          (column) => html`<th key=${column.key} scope="col" class=${nameOf(column)} aria-sort=${column.sorted}>
            ${column.title}
          </th>`,
        )}
      </tr></thead>
      <tbody>
        ${rows.map(
          (row) => html`<tr key=${keyOf(row)}>
            ${columns.map((column) =>
              column.isHeading
                ? html`<th scope="row" class=${nameOf(column)}>${column.cell(row)}</th>`
                : html`<td class=${nameOf(column)}>${column.cell(row)}</td>`,
            )}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
