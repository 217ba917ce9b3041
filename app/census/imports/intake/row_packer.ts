import { parseBirthDate } from '../../../calendar.js';
import { createWriter, type Writer } from '../../../db/wire/msgpack.js';
import { TUPLE_FIELDS } from '../../citizens/model/fields.js';
import type { Citizen } from '../../citizens/schema.js';

/** 1,000 rows hold Tarantool's TX thread for about 2 ms, by Lua alone for 4 (ADR 0009). */
const MAX_CHUNK_ROWS = 1000;
/** The same for rows of long texts. */
const MAX_CHUNK_BYTES = 512 * 1024;
const FIRST_CHUNK_BYTES = 64 * 1024;
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

/** A chunk without rows. */
export function noRows(): PackedRows {
  return new Uint8Array([0x90]);
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
  const header = createWriter(8);
  const rows = createWriter(FIRST_CHUNK_BYTES);
  let rowCount = 0;
  let chunkCount = 0;

  function endChunk(): PackedRows {
    header.arrayHeader(rowCount);
    const head = header.take();
    const body = rows.take();
    // Never from Buffer's shared pool: the chunk is transferred to another thread.
    const chunk: PackedRows = new Uint8Array(head.length + body.length);
    chunk.set(head);
    chunk.set(body, head.length);
    rowCount = 0;
    chunkCount++;
    return chunk;
  }

  function countRows(count: number): void {
    rowCount += count;
    if (rowCount === MAX_CHUNK_ROWS || rows.length() >= MAX_CHUNK_BYTES) onChunk(endChunk());
  }
  const countRow = () => countRows(1);

  return {
    add(citizen) {
      writeRow(rows, citizen);
      countRow();
    },
    writer: rows,
    countRow,
    room: () => ({ rows: MAX_CHUNK_ROWS - rowCount, bytes: MAX_CHUNK_BYTES - rows.length() }),
    addRows(packed, count) {
      rows.bytes(packed);
      countRows(count);
    },
    finish: () => (rowCount > 0 || chunkCount === 0 ? endChunk() : undefined),
    // The writer doubles its buffer.
    heldBytes: () => FIRST_CHUNK_BYTES + 2 * rows.length(),
  };
}
