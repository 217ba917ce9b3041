import type { Language } from '../words/words.js';

export type CsvTable = {
  header: readonly string[];
  rows: readonly (readonly (string | number | null | undefined)[])[];
};

/** Characters that make a spreadsheet evaluate a text as a formula (CWE-1236), and their full-width forms. */
const BEGINS_FORMULA = /^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/;

/** The CSV dialect of a locale: where the decimal separator is a comma, fields are separated by semicolons. */
type Dialect = { separator: ',' | ';'; point: '.' | ',' };

function dialectOf(language: Language): Dialect {
  const parts = new Intl.NumberFormat(language).formatToParts(0.5);
  const hasComma = parts.some(({ type, value }) => type === 'decimal' && value === ',');
  return hasComma ? { separator: ';', point: ',' } : { separator: ',', point: '.' };
}

function cell(value: string | number | null | undefined, { separator, point }: Dialect): string {
  if (typeof value === 'number') return String(value).replace('.', point);
  const plain = value ?? '';
  const text = BEGINS_FORMULA.test(plain) ? `'${plain}` : plain;
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * A table as CSV (RFC 4180) for a spreadsheet in a language: in Russian with `;` between the fields and `27,5`, without which
 * Excel shows one column and takes 27.5 for a day in May. No text is taken for a formula.
 */
export function toCsv({ header, rows }: CsvTable, language: Language): string {
  const dialect = dialectOf(language);
  const line = (row: CsvTable['rows'][number]) =>
    `${row.map((value) => cell(value, dialect)).join(dialect.separator)}\r\n`;
  return [header, ...rows].map(line).join('');
}
