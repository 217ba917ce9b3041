import { randomBytes } from 'node:crypto';
import type { DateNumber } from '../../../calendar.js';
import type { PackedCounts } from '../across_records/import_counts.js';
import { acquireScan, releaseScan, type ScanFunctions } from './module.js';
import { packBlocks } from './pack_blocks.js';

/** A citizen that was read elsewhere, plain or not. */
export type ReadCitizen = {
  citizenId: number;
  /** UTF-8. */
  town: Uint8Array;
  birthDate: DateNumber;
  isFemale: boolean;
  relatives: readonly number[];
};
/** Where it begins in the body; `line` is 0 where there are none. */
export type Place = { byteOffset: number; line: number };
/** Citizens that were read in one go. `rows` is valid until the next call. */
type PlainRun = { end: number; count: number; rows: Uint8Array };

/**
 * The citizens of an import that has had no fault so far, in WebAssembly: it reads those that are plain itself, keeps what
 * the rules across records and the statistics need, and hands it over when a fault is to be put into words.
 */
export type PlainImport = {
  /** The bytes that the offsets below refer to; they begin at `offset` of the body. */
  window(bytes: Uint8Array, offset: number): void;
  /**
   * Reads citizens from `start` on, the first byte of one, until one is not plain: at most so many rows,
   * and about so many bytes of them. In NDJSON `end` is behind a newline. undefined when the first is not plain, or ends behind the window.
   */
  read(start: number, line: number, most: { rows: number; bytes: number }): PlainRun | undefined;
  /** Adds a valid citizen. false: it must be kept elsewhere, and all others with it (handOver). */
  add(citizen: ReadCitizen, place: Place): boolean;
  count(): number;
  /** Whether the rules across records hold. O(citizens + relatives) */
  isConsistent(): boolean;
  /** After isConsistent; nothing may be added afterwards. @returns false when memory is out: hand over */
  makeCounts(): boolean;
  /** Hands out what makeCounts has made. */
  pack(onPacked: (counts: PackedCounts) => void): void;
  /** Visits the citizens in the order in which they came; `town` is valid until the visit ends. */
  handOver(visit: (citizen: ReadCitizen, place: Place) => void): void;
  /** Memory held, and needed by makeCounts(). */
  heldBytes(): number;
  /** Gives the memory back. Nothing may be called afterwards. */
  close(): void;
};

const SLICE_BYTES = 64 * 1024;
const PADDING_BYTES = 64;
/** A citizen that ends so near the end of its slice may be cut off; it is tried again at the beginning of the next. */
const MIN_REST_BYTES = 16 * 1024;
const MAX_RELATIVES = 64;
const RELATIVE_BYTES = 8;
/** Two sorted copies of the citizens or relatives, and the blocks. */
const PACK_BYTES = 40;
/** As in assembly/records.ts. */
const RECORD = { byteOffset: 8, key: 16, town: 20, line: 28 } as const;

/** undefined where WebAssembly with SIMD is not to be had: the import is then read in JavaScript. */
export function createPlainImport(today: DateNumber, hasLines: boolean): PlainImport | undefined {
  const scan = acquireScan();
  if (scan === undefined) return undefined;
  const seed = randomBytes(8).readBigUInt64LE();
  if (!scan.begin(today, Number(hasLines), seed)) {
    releaseScan(scan);
    return undefined;
  }
  return createOn(scan);
}

function createOn(scan: ScanFunctions): PlainImport {
  const inputAt = scan.inputAt();
  const outputAt = scan.outputAt();
  let memory = new Uint8Array(scan.memory.buffer);
  let view = new DataView(scan.memory.buffer);
  let bytes: Uint8Array = new Uint8Array(0);
  let offset = 0;
  /** The slice of the window that is in the input. */
  let sliceStart = 0;
  let sliceEnd = 0;

  /** A memory that has grown has another buffer. */
  function refresh(): void {
    if (memory.buffer === scan.memory.buffer) return;
    memory = new Uint8Array(scan.memory.buffer);
    view = new DataView(scan.memory.buffer);
  }

  function load(start: number): void {
    sliceStart = start;
    sliceEnd = Math.min(bytes.length, start + SLICE_BYTES);
    memory.set(bytes.subarray(sliceStart, sliceEnd), inputAt);
    const end = inputAt + sliceEnd - sliceStart;
    memory.fill(0, end, end + PADDING_BYTES);
  }

  function readSlice(start: number, line: number, most: { rows: number; bytes: number }): PlainRun | undefined {
    const from = inputAt + start - sliceStart;
    const count = scan.scan(from, offset + sliceStart, line, most.rows, most.bytes);
    refresh();
    if (count === 0) return undefined;
    return { end: sliceStart + scan.readTo() - inputAt, count, rows: memory.subarray(outputAt, scan.writtenTo()) };
  }

  function citizenAt(place: number): { citizen: ReadCitizen; place: Place } {
    const record = scan.recordAt(place);
    const key = view.getUint32(record + RECORD.key, true);
    const town = view.getUint32(record + RECORD.town, true);
    const name = scan.townName(town);
    const relatives: number[] = [];
    const end = scan.endOfRelatives(place);
    for (let at = scan.firstRelativeOf(place); at < end; at++) relatives.push(scan.relativeAt(at));
    return {
      citizen: {
        citizenId: view.getFloat64(record, true),
        town: memory.subarray(name, name + scan.townNameBytes(town)),
        birthDate: key >>> 1,
        isFemale: (key & 1) === 1,
        relatives,
      },
      place: {
        byteOffset: view.getFloat64(record + RECORD.byteOffset, true),
        line: view.getUint32(record + RECORD.line, true),
      },
    };
  }

  return {
    window(next, nextOffset) {
      bytes = next;
      offset = nextOffset;
      sliceStart = 0;
      sliceEnd = 0;
    },
    read(start, line, most) {
      const isLoaded = start >= sliceStart && start < sliceEnd;
      const run = isLoaded ? readSlice(start, line, most) : undefined;
      const isCut = sliceEnd < bytes.length && sliceEnd - start < MIN_REST_BYTES;
      if (run !== undefined || (isLoaded && (!isCut || start === sliceStart))) return run;
      load(start);
      return readSlice(start, line, most);
    },
    add({ citizenId, town, birthDate, isFemale, relatives }, { byteOffset, line }) {
      if (relatives.length > MAX_RELATIVES) return false;
      memory.set(town, scan.exchangedTownAt());
      const at = scan.exchangedRelativesAt();
      for (let i = 0; i < relatives.length; i++) {
        view.setFloat64(at + i * RELATIVE_BYTES, relatives[i] as number, true);
      }
      const key = 2 * birthDate + Number(isFemale);
      const isAdded = scan.add(citizenId, key, relatives.length, town.length, byteOffset, line) !== 0;
      refresh();
      return isAdded;
    },
    count: scan.citizenCount,
    isConsistent: () => scan.areRelativesConsistent() !== 0,
    makeCounts() {
      const isMade = scan.makeBlocks() !== 0;
      refresh();
      return isMade;
    },
    pack: (onPacked) => packBlocks(scan, memory, view, onPacked),
    handOver(visit) {
      const count = scan.citizenCount();
      for (let at = 0; at < count; at++) {
        const { citizen, place } = citizenAt(at);
        visit(citizen, place);
      }
    },
    heldBytes: () => scan.memory.buffer.byteLength + PACK_BYTES * Math.max(scan.citizenCount(), scan.relativesCount()),
    close: () => releaseScan(scan),
  };
}
