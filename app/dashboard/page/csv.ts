export type CsvTable = {
  header: readonly string[];
  rows: readonly (readonly (string | number | null | undefined)[])[];
};

/** Signs that make a spreadsheet take a text for a formula (CWE-1236), and their wide forms. */
const BEGINS_FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

function cell(value: string | number | null | undefined): string {
  const plain = String(value ?? '');
  const text = typeof value === 'string' && BEGINS_FORMULA.test(value) ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A table as CSV (RFC 4180) for a spreadsheet, in which no text is taken for a formula. */
export function toCsv({ header, rows }: CsvTable): string {
  return [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
