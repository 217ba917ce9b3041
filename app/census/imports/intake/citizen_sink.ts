import { type DateNumber, parseBirthDate } from '../../../calendar.js';
import type { Writer } from '../../../db/wire/msgpack.js';
import type { Violation } from '../../../errors.js';
import { createViolationList, invalidInput, toViolation } from '../../../http/violations.js';
import { type Citizen, createShapeValidators } from '../../citizens/schema.js';
import { createImportCounts, type PackedCounts } from '../across_records/import_counts.js';
import { createRelations } from '../across_records/relations.js';
import type { CitizenReader } from '../reading/citizen_reader.js';
import { createRowPacker, noRows, type PackedRows } from './row_packer.js';
import { createViolationReport } from './violation_report.js';

const TOO_COMPLEX = { code: 'TOO_COMPLEX', detail: 'holds far more than a citizen has' };

export type CitizenSink = {
  /** Receives the rows that a CitizenReader writes. */
  writer: Writer;
  /**
   * Adds a citizen that the reader has read and written. `byteOffset`: of the record in the decoded body; `line`: from
   * 1.
   */
  addRead(reader: CitizenReader, byteOffset: number, line?: number): void;
  /** Checks any value and adds it when it is a valid citizen. */
  addValue(value: unknown, byteOffset: number, line?: number): void;
  /** Adds a record that cannot be read, with the reason; without one it is TOO_COMPLEX. */
  addUnread(byteOffset: number, line?: number, why?: { code: string; detail: string }): void;
  /** Reports a violation outside the citizens. @throws ServiceError INVALID_INPUT when a million were counted */
  fault(violation: Violation): void;
  /** Checks the rules across records and returns the number of citizens. @throws ServiceError INVALID_INPUT */
  finish(): number;
  /** All violations so far as lines; undefined without `reportsAll`. */
  report(): Uint8Array<ArrayBuffer>[] | undefined;
  /** Memory held, and needed by finish(). */
  heldBytes(): number;
  /** Stops reading because of a violation. @throws ServiceError INVALID_INPUT */
  giveUp(violation: Violation): never;
};

export type SinkOptions = {
  today: DateNumber;
  /** false: the import is only checked. */
  storesRows: boolean;
  /** Keep a line for each violation. */
  reportsAll: boolean;
};

const validators = createShapeValidators();

function relativesOf(value: unknown): { citizen_id?: unknown; relatives?: unknown } {
  return typeof value === 'object' && value !== null ? value : {};
}

/**
 * Takes the citizens of an import as they are read from any format: checks their shape and the rules across records,
 * packs rows until the first violation, and counts every violation. The counts that statistics are computed from are
 * handed out with the last rows.
 */
export function createCitizenSink(
  options: SinkOptions,
  onRows: (rows: PackedRows, counts?: PackedCounts) => void,
): CitizenSink {
  const { today, storesRows, reportsAll } = options;
  const list = createViolationList('Nothing was stored.');
  const report = reportsAll ? createViolationReport() : undefined;
  const packer = createRowPacker((rows) => {
    if (storesRows && list.count() === 0) onRows(rows);
  });

  function fault(violation: Violation): void {
    report?.add(violation);
    list.add(violation);
  }
  const relations = createRelations(fault);
  const counts = createImportCounts();

  /** Only until the first violation: after that nothing is stored, and places no longer match the records. */
  const isCounted = () => storesRows && list.count() === 0;

  function handOutLast(): void {
    let rows = packer.finish();
    counts.pack(relations, (packed) => {
      onRows(rows ?? noRows(), packed);
      rows = undefined;
    });
    if (rows !== undefined) onRows(rows);
  }

  function withPlace(violation: Violation, byteOffset: number, line: number | undefined): Violation {
    return { ...violation, byteOffset, ...(line !== undefined && { line }) };
  }

  return {
    writer: packer.writer,
    addRead(reader, byteOffset, line) {
      packer.countRow();
      if (isCounted()) counts.add(reader.townNumber(counts.towns), reader.birthDate(), reader.isFemale());
      relations.add(reader.citizenId(), reader.relatives(), byteOffset, line);
    },
    addValue(value, byteOffset, line) {
      const pointer = `/citizens/${relations.count()}`;
      for (const error of validators.citizen(value, today))
        fault(withPlace(toViolation(error, pointer), byteOffset, line));
      const { citizen_id, relatives } = relativesOf(value);
      relations.add(citizen_id, relatives, byteOffset, line);
      if (list.count() > 0) return;
      const citizen = value as Citizen;
      packer.add(citizen);
      if (!storesRows) return;
      const town = Buffer.from(citizen.town);
      const birthDate = parseBirthDate(citizen.birth_date) as number;
      counts.add(counts.towns.take(town, 0, town.length), birthDate, citizen.gender === 'female');
    },
    addUnread(byteOffset, line, { code, detail } = TOO_COMPLEX) {
      fault(withPlace({ pointer: `/citizens/${relations.count()}`, code, detail }, byteOffset, line));
      relations.add(undefined, undefined, byteOffset, line);
    },
    fault,
    finish() {
      relations.check();
      if (list.count() > 0) throw invalidInput(list);
      if (storesRows) handOutLast();
      return relations.count();
    },
    report: () => report?.finish(),
    heldBytes: () => relations.heldBytes() + counts.heldBytes() + packer.heldBytes() + (report?.heldBytes() ?? 0),
    giveUp(violation) {
      fault(violation);
      throw invalidInput(list);
    },
  };
}
