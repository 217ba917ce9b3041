import { type DateNumber, parseBirthDate } from '../../../calendar.js';
import type { Writer } from '../../../db/wire/msgpack.js';
import type { Violation } from '../../../errors.js';
import { createViolationList, invalidInput, toViolation } from '../../../http/violations.js';
import { type Citizen, createShapeValidators } from '../../citizens/schema.js';
import { createImportCounts, type PackedCounts } from '../across_records/import_counts.js';
import { createRelations } from '../across_records/relations.js';
import type { CitizenReader } from '../reading/citizen_reader.js';
import { createPlainImport, type Place, type PlainImport, type ReadCitizen } from '../scan/plain_import.js';
import { createRowPacker, noRows, type PackedRows } from './row_packer.js';
import { createViolationReport } from './violation_report.js';

const TOO_COMPLEX = { code: 'TOO_COMPLEX', detail: 'holds far more than a citizen has' };

export type CitizenSink = {
  /** Receives the rows that a CitizenReader writes. */
  writer: Writer;
  /** The bytes that readPlain reads from; they begin at `offset` of the body. */
  window(bytes: Uint8Array, offset: number): void;
  /**
   * Reads citizens from `start` on and adds them, as long as they are plain. Returns how many they are, and where the last
   * one ends; undefined when the first must be read in another way.
   */
  readPlain(start: number, line?: number): { end: number; count: number } | undefined;
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
  /** Gives memory back. Nothing may be added afterwards. */
  close(): void;
};

/** Rows for the database, and a part of the import's counts. `isLast`: no other chunk follows. */
export type SinkChunk = { rows: PackedRows; counts?: PackedCounts | undefined; isLast: boolean };

export type SinkOptions = {
  today: DateNumber;
  /** false: the import is only checked. */
  storesRows: boolean;
  /** Keep a line for each violation. */
  reportsAll: boolean;
  /** Read plain citizens in WebAssembly; `hasLines`: each ends with a newline. */
  scan?: { hasLines: boolean } | undefined;
};

const validators = createShapeValidators();

function toRead({ citizen_id, town, birth_date, gender, relatives }: Citizen): ReadCitizen {
  return {
    citizenId: citizen_id,
    town: Buffer.from(town),
    birthDate: parseBirthDate(birth_date) as DateNumber,
    isFemale: gender === 'female',
    relatives,
  };
}

function relativesOf(value: unknown): { citizen_id?: unknown; relatives?: unknown } {
  return typeof value === 'object' && value !== null ? value : {};
}

/**
 * Takes the citizens of an import as they are read from any format: checks their shape and the rules across records,
 * packs rows until the first violation, and counts every violation. The counts that statistics are computed from are
 * handed out with the last rows. Until the first violation, citizens are kept in WebAssembly where there is any.
 */
export function createCitizenSink(options: SinkOptions, onRows: (chunk: SinkChunk) => void): CitizenSink {
  const { today, storesRows, reportsAll, scan } = options;
  const list = createViolationList('Nothing was stored.');
  const report = reportsAll ? createViolationReport() : undefined;
  const packer = createRowPacker((rows) => {
    if (storesRows && list.count() === 0) onRows({ rows, isLast: false });
  });

  function fault(violation: Violation): void {
    handOver();
    report?.add(violation);
    list.add(violation);
  }
  const relations = createRelations(fault);
  const counts = createImportCounts();
  let plain = scan && createPlainImport(today, scan.hasLines);

  /** Only until the first violation: after that nothing is stored, and places no longer match the records. */
  const isCounted = () => storesRows && list.count() === 0;
  const count = () => plain?.count() ?? relations.count();

  function addHere(
    { citizenId, town, birthDate, isFemale, relatives }: ReadCitizen,
    { byteOffset, line }: Place,
  ): void {
    if (isCounted()) counts.add(counts.towns.take(town, 0, town.length), birthDate, isFemale);
    relations.add(citizenId, relatives, byteOffset, line);
  }

  /** From now on citizens are kept here, with all that came before. */
  function handOver(): void {
    if (plain === undefined) return;
    const from: PlainImport = plain;
    plain = undefined;
    from.handOver(addHere);
    from.close();
  }

  /** Keeps a valid citizen whose row is packed. */
  function addValid(citizen: ReadCitizen, place: Place): void {
    if (plain?.add(citizen, place)) return;
    handOver();
    addHere(citizen, place);
  }

  /** Hands out the last rows, and with them the counts as `pack` makes them. */
  function handOutLast(pack: (onPacked: (packed: PackedCounts) => void) => void): void {
    const rows = packer.finish() ?? noRows();
    let chunk: Omit<SinkChunk, 'isLast'> = { rows };
    pack((counts) => {
      if (chunk.counts !== undefined) {
        onRows({ ...chunk, isLast: false });
        chunk = { rows: noRows() };
      }
      chunk.counts = counts;
    });
    onRows({ ...chunk, isLast: true });
  }

  /** Returns the number of citizens when all is well with those in WebAssembly, and has handed them out. */
  function finishPlain(): number | undefined {
    if (plain === undefined || !plain.isConsistent()) return undefined;
    if (storesRows) {
      if (!plain.makeCounts()) return undefined;
      handOutLast(plain.pack);
    }
    return plain.count();
  }

  function withPlace(violation: Violation, byteOffset: number, line: number | undefined): Violation {
    return { ...violation, byteOffset, ...(line !== undefined && { line }) };
  }

  return {
    writer: packer.writer,
    window: (bytes, offset) => plain?.window(bytes, offset),
    readPlain(start, line = 0) {
      if (plain === undefined) return undefined;
      const { rows, bytes } = packer.room();
      const run = plain.read(start, line, { rows, bytes });
      if (run !== undefined) packer.addRows(run.rows, run.count);
      return run;
    },
    addRead(reader, byteOffset, line = 0) {
      packer.countRow();
      if (plain !== undefined) {
        addValid(reader.citizen(), { byteOffset, line });
        return;
      }
      if (isCounted()) counts.add(reader.townNumber(counts.towns), reader.birthDate(), reader.isFemale());
      relations.add(reader.citizenId(), reader.relatives(), byteOffset, line);
    },
    addValue(value, byteOffset, line) {
      const pointer = `/citizens/${count()}`;
      let isValid = true;
      for (const error of validators.citizen(value, today)) {
        isValid = false;
        fault(withPlace(toViolation(error, pointer), byteOffset, line));
      }
      if (!isValid || list.count() > 0) {
        const { citizen_id, relatives } = relativesOf(value);
        relations.add(citizen_id, relatives, byteOffset, line);
        return;
      }
      const citizen = value as Citizen;
      packer.add(citizen);
      addValid(toRead(citizen), { byteOffset, line: line ?? 0 });
    },
    addUnread(byteOffset, line, { code, detail } = TOO_COMPLEX) {
      fault(withPlace({ pointer: `/citizens/${count()}`, code, detail }, byteOffset, line));
      relations.add(undefined, undefined, byteOffset, line);
    },
    fault,
    finish() {
      const plainCount = finishPlain();
      if (plainCount !== undefined) return plainCount;
      handOver();
      relations.check();
      if (list.count() > 0) throw invalidInput(list);
      if (storesRows) handOutLast((onPacked) => counts.pack(relations, onPacked));
      return relations.count();
    },
    report: () => report?.finish(),
    heldBytes: () =>
      (plain?.heldBytes() ?? 0) +
      relations.heldBytes() +
      counts.heldBytes() +
      packer.heldBytes() +
      (report?.heldBytes() ?? 0),
    close() {
      plain?.close();
      plain = undefined;
    },
    giveUp(violation) {
      fault(violation);
      throw invalidInput(list);
    },
  };
}
