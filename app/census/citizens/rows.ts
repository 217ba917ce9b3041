import { formatBirthDate, parseBirthDate } from '../../calendar.js';
import { createWriter, decode, type Writer } from '../../db/wire/msgpack.js';
import type { CitizenTuple } from './procedures.js';
import type { Citizen } from './schema.js';

/** 1,000 rows hold Tarantool's TX thread for about 2 ms, by Lua alone for 4 (ADR 0009). */
const MOST_ROWS_A_CHUNK = 1000;
/** The same for rows of long texts. */
const MOST_BYTES_A_CHUNK = 512 * 1024;
const FIRST_CHUNK_BYTES = 64 * 1024;
/** The import's id is not known yet; the procedure puts it in. */
export const IMPORT_ID_PLACEHOLDER = 0;
export const FIELDS_A_ROW = 10;

function writeRow(writer: Writer, citizen: Citizen): void {
  writer.arrayHeader(FIELDS_A_ROW);
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

/** A MessagePack array of rows, as bytes/bulk_insert.lua takes it; memory of its own, so that it can change threads. */
export type PackedRows = Uint8Array<ArrayBuffer>;

/** A chunk without rows. */
export function noRows(): PackedRows {
  return new Uint8Array([0x90]);
}

export type RowPacker = {
  /** Takes a valid citizen. */
  add(citizen: Citizen): void;
  /** For rows that are written elsewhere: write one whole row here, then call countRow. */
  writer: Writer;
  countRow(): void;
  /** Answers the last chunk: undefined when there is none, empty only when it is the first. */
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
    // Never Buffer's shared pool: the chunk is handed to another thread.
    const chunk: PackedRows = new Uint8Array(head.length + body.length);
    chunk.set(head);
    chunk.set(body, head.length);
    rowCount = 0;
    chunkCount++;
    return chunk;
  }

  function countRow(): void {
    rowCount++;
    if (rowCount === MOST_ROWS_A_CHUNK || rows.length() >= MOST_BYTES_A_CHUNK) onChunk(endChunk());
  }

  return {
    add(citizen) {
      writeRow(rows, citizen);
      countRow();
    },
    writer: rows,
    countRow,
    finish: () => (rowCount > 0 || chunkCount === 0 ? endChunk() : undefined),
    // The writer doubles its buffer.
    heldBytes: () => FIRST_CHUNK_BYTES + 2 * rows.length(),
  };
}

/** A stored tuple -> the citizen as it goes over the wire. */
export function toCitizen(tuple: CitizenTuple): Citizen {
  const [, citizen_id, town, street, building, apartment, name, birthDate, gender, relatives] = tuple;
  return {
    citizen_id,
    town,
    street,
    building,
    apartment,
    name,
    birth_date: formatBirthDate(birthDate),
    gender: gender as Citizen['gender'],
    relatives,
  };
}

/** An array of stored tuples as MessagePack -> the citizens. */
export function toCitizens(rows: Buffer): Citizen[] {
  return (decode(rows).value as unknown as CitizenTuple[]).map(toCitizen);
}
