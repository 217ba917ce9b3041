import { strToU8, zipSync } from 'fflate';

const NAMESPACE = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** The XML of a cell: `r` its address, `t` its type, `v` what it has; undefined for a number. */
export function cell(r: string, v: string | number, t?: 'str' | 'b' | 'e'): string {
  return `<c r="${r}"${t === undefined ? '' : ` t="${t}"`}><v>${v}</v></c>`;
}

/** A row of texts, in columns A, B, C and so on; null leaves a column out. */
export function textRow(row: number, texts: readonly (string | null)[]): string {
  const cells = texts.map((text, place) =>
    text === null ? '' : `<c r="${String.fromCharCode(65 + place)}${row}" t="inlineStr"><is><t>${text}</t></is></c>`,
  );
  return `<row r="${row}">${cells.join('')}</row>`;
}

/** The parts of a workbook by name; the list of sheets names `sheets` in their order. */
export function workbookParts(sheets: Readonly<Record<string, string>>): Record<string, string> {
  const names = Object.keys(sheets);
  const list = names.map((name, at) => `<sheet name="${name}" sheetId="${at + 7}" r:id="rId${at + 1}"/>`);
  const relations = names.map(
    (_, at) =>
      `<Relationship Id="rId${at + 1}" Type="${RELATIONS}/worksheet" Target="worksheets/sheet${names.length - at}.xml"/>`,
  );
  return {
    'xl/workbook.xml': `<workbook xmlns="${NAMESPACE}" xmlns:r="${RELATIONS}"><sheets>${list.join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${relations.join('')}</Relationships>`,
    ...Object.fromEntries(
      names.map((name, at) => [
        `xl/worksheets/sheet${names.length - at}.xml`,
        `<worksheet xmlns="${NAMESPACE}"><sheetData>${sheets[name]}</sheetData></worksheet>`,
      ]),
    ),
  };
}

export function zipOf(parts: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const bytes = Object.entries(parts).map(([name, part]) => [name, typeof part === 'string' ? strToU8(part) : part]);
  return Buffer.from(zipSync(Object.fromEntries(bytes)));
}

/** A workbook whose only sheet has these rows. */
export function workbookOf(...rows: string[]): Buffer {
  return zipOf(workbookParts({ Sheet1: rows.join('') }));
}
