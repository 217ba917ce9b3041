import type { RowFormat } from '../../http/answers/row_formats.js';
import { type FlatRows, writeRows } from '../../http/answers/write_rows.js';
import { CITIZEN_FIELDS } from '../citizens/model/fields.js';
import type { Citizen } from '../citizens/schema.js';
import { toCitizens } from '../citizens/service.js';

/** A citizen that is in both imports and differs between them. */
export type ChangedCitizen = { citizen_id: number; before: Citizen; after: Citizen };

/** Decodes MessagePack arrays of tuples, in which each citizen's old and new tuple alternate. */
export function toChanged(pages: readonly Buffer[]): ChangedCitizen[] {
  const citizens = pages.flatMap(toCitizens);
  return Array.from({ length: citizens.length / 2 }, (_, place) => {
    const [before, after] = citizens.slice(2 * place, 2 * place + 2) as [Citizen, Citizen];
    return { citizen_id: before.citizen_id, before, after };
  });
}

const [ID_FIELD, ...FIELDS] = CITIZEN_FIELDS;

function flatField(citizen: Citizen, field: (typeof FIELDS)[number]): string | number {
  const value = citizen[field];
  return typeof value === 'object' ? value.join(';') : value;
}

/** CSV columns: `citizen_id`, then the old and the new value of each field; relatives are written as 1;2;3. */
function flatChanges(changed: readonly ChangedCitizen[]): FlatRows {
  return {
    columns: [ID_FIELD, ...FIELDS.flatMap((field) => [`${field}_before`, `${field}_after`])],
    rows: changed.map(({ citizen_id, before, after }) => [
      citizen_id,
      ...FIELDS.flatMap((field) => [flatField(before, field), flatField(after, field)]),
    ]),
  };
}

/** Writes a page of changed citizens as the pieces of an answer. */
export function writeChanged(
  format: RowFormat,
  changed: readonly ChangedCitizen[],
  nextCursor: string | null,
): readonly Buffer[] {
  if (format === 'csv' || format === 'spreadsheet') return writeRows(format, flatChanges(changed));
  if (format === 'ndjson') return [Buffer.from(changed.map((one) => `${JSON.stringify(one)}\n`).join(''))];
  return [Buffer.from(JSON.stringify({ data: changed, next_cursor: nextCursor }))];
}
