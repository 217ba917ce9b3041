import { parseBirthDate } from '../../../calendar.js';
import { createWriter, type Writer } from '../../../db/wire/msgpack.js';
import { TUPLE_FIELDS } from '../../citizens/model/fields.js';
import type { Citizen } from '../../citizens/schema.js';

/** The first chunk: the sooner it is full, the sooner the database has something to do. */
const FIRST_CHUNK_ROWS = 1000;
/** 3,000 rows hold Tarantool's TX thread for about 3 ms, and its log writes them in one go (ADR 0002). */
const MAX_CHUNK_ROWS = 3000;
/** The same for rows of long texts. */
const MAX_CHUNK_BYTES = 512 * 1024;
const FIRST_ROOM_BYTES = 64 * 1024;
/** Rows are rarely that much longer than those before. */
const ROOM_RATIO = 1.1;
/** Stands where the import's id belongs; the procedure replaces it. */
export const IMPORT_ID_PLACEHOLDER = 0;

function writeRow(writer: Writer, citizen: Citizen): void {
  writer.arrayHeader(TUPLE_FIELDS);
  writer.integer(IMPORT_ID_PLACEHOLDER);
  writer.integer(citizen.citizen_id);
  writer.string(citizen.town);
  writer.string(citizen.street);
  writer.string(citizen.building);
  writer.integer(citizen.apartment);
  writer.string(citizen.name);
  writer.integer(parseBirthDate(citizen.birth_date) as number);
  writer.string(citizen.gender);
  writer.arrayHeader(citizen.relatives.length);
  for (const relative of citizen.relatives) writer.integer(relative);
}

/**
 * A MessagePack array of rows, as tarantool/bytes/bulk_insert.lua takes it, in memory of its own that can change
 * threads.
 */
export type PackedRows = Uint8Array<ArrayBuffer>;

/** The header of an array whose length follows in two bytes; rows are never more. */
const ARRAY_16 = 0xdc;

/** A chunk without rows. */
export function noRows(): PackedRows {
  return new Uint8Array([ARRAY_16, 0, 0]);
}

type RowPacker = {
  /** Takes a valid citizen. */
  add(citizen: Citizen): void;
  /** For rows that are written elsewhere: write one whole row here, then call countRow. */
  writer: Writer;
  countRow(): void;
  /** What the current chunk still takes: rows, and about so many bytes. */
  room(): { rows: number; bytes: number };
  /** Takes whole rows, not more than there is room for. */
  addRows(packed: Uint8Array, count: number): void;
  /** Returns the last chunk; undefined when there is none. Only the first chunk of an import may be empty. */
  finish(): PackedRows | undefined;
  heldBytes(): number;
};

/** Packs citizens into chunks of rows as they come. */
export function createRowPacker(onChunk: (rows: PackedRows) => void): RowPacker {
  const rows = createWriter(FIRST_ROOM_BYTES);
  const header = noRows();
  let rowCount = 0;
  let chunkCount = 0;
  let maxRows = FIRST_CHUNK_ROWS;
  let roomBytes = FIRST_ROOM_BYTES;
  rows.bytes(header);

  /** Taken without a copy: each chunk is written where it is transferred from. */
  function endChunk(): PackedRows {
    const expectedBytes = Math.ceil((rows.length() / Math.max(1, rowCount)) * MAX_CHUNK_ROWS * ROOM_RATIO);
    roomBytes = Math.min(MAX_CHUNK_BYTES, Math.max(FIRST_ROOM_BYTES, expectedBytes));
    maxRows = MAX_CHUNK_ROWS;
    const chunk = rows.take(roomBytes);
    chunk.writeUInt16BE(rowCount, 1);
    rows.bytes(header);
    rowCount = 0;
    chunkCount++;
    return new Uint8Array(chunk.buffer, 0, chunk.length);
  }

  function countRows(count: number): void {
    rowCount += count;
    if (rowCount === maxRows || rows.length() >= MAX_CHUNK_BYTES) onChunk(endChunk());
  }
  const countRow = () => countRows(1);

  return {
    add(citizen) {
      writeRow(rows, citizen);
      countRow();
    },
    writer: rows,
    countRow,
    room: () => ({ rows: maxRows - rowCount, bytes: MAX_CHUNK_BYTES - rows.length() }),
    addRows(packed, count) {
      rows.bytes(packed);
      countRows(count);
    },
    finish: () => (rowCount > 0 || chunkCount === 0 ? endChunk() : undefined),
    // The writer doubles its buffer.
    heldBytes: () => roomBytes + 2 * rows.length(),
  };
}
