import type { DateNumber } from '../../../calendar.js';
import { createWriter, type Writer } from '../../../db/wire/msgpack.js';
import { IMPORT_ID_PLACEHOLDER } from '../intake/row_packer.js';
import { type Column, createColumn } from './column.js';
import type { Relations } from './relations.js';
import { createTownNumbers, type TownNumbers } from './town_numbers.js';

/** Blocks as svodka.imports.append takes them (tarantool/census/stats/counts.lua), in memory that can change threads. */
export type PackedCounts = Uint8Array<ArrayBuffer>;

type ImportCounts = {
  towns: TownNumbers;
  /** Adds the next citizen, in the same order as `relations`. */
  add(town: number, birthDate: DateNumber, isFemale: boolean): void;
  /**
   * Hands out the blocks of births and presents; nothing may be added afterwards.
   * O(n log n) in citizens and relatives: 0.3 s for a million.
   */
  pack(relations: Pick<Relations, 'eachPair' | 'idAt'>, onPacked: (counts: PackedCounts) => void): void;
  /** Memory held, and needed by pack(); the list of all pairs is counted by the relations. */
  heldBytes(): number;
};

/** As in tarantool/bytes/packed_counts.lua. */
const BLOCK_ENTRIES = 128;
const MAX_ENTRY_BYTES = 12;
const BLOCK_FIELDS = 5;
/** A block takes 4 us of the TX thread: 0.8 ms in addition to the rows of the last chunk. */
export const MAX_PIECE_BLOCKS = 200;
const FIRST_PIECE_BYTES = 16 * 1024;
/** Greater than every key of births, 2 x 99991231 + 1: town and key are packed into one number. */
const KEY_LIMIT = 2 ** 28;
const MONTHS = 12;

type Sorted = Uint32Array | Float64Array;

/** Writes blocks of both kinds and hands them out in pieces. */
function createBlockPacker(onPacked: (counts: PackedCounts) => void) {
  const births = createWriter(FIRST_PIECE_BYTES);
  const presents = createWriter(FIRST_PIECE_BYTES);
  const frame = createWriter(16);
  const entries = Buffer.alloc(BLOCK_ENTRIES * MAX_ENTRY_BYTES);
  const counts = { births: 0, presents: 0 };

  function endPiece(): void {
    const parts: Buffer[] = [];
    frame.arrayHeader(2);
    frame.arrayHeader(counts.births);
    parts.push(frame.take(), births.take());
    frame.arrayHeader(counts.presents);
    parts.push(frame.take(), presents.take());
    const packed: PackedCounts = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      packed.set(part, at);
      at += part.length;
    }
    counts.births = 0;
    counts.presents = 0;
    onPacked(packed);
  }

  /** Writes all blocks of a group. `keys` are sorted; the number of equal keys is the count. */
  function group(kind: 'births' | 'presents', writeGroup: (writer: Writer) => void, keys: Sorted): void {
    const writer = kind === 'births' ? births : presents;
    let at = 0;
    while (at < keys.length) {
      // The first block of a group begins at 0, so that every later key belongs to a block.
      const first = at === 0 ? 0 : (keys[at] as number);
      const start = at;
      let length = 0;
      for (let entry = 0; entry < BLOCK_ENTRIES && at < keys.length; entry++) {
        const key = keys[at] as number;
        const from = at;
        while (keys[at] === key) at++;
        length = kind === 'births' ? entries.writeUInt32LE(key, length) : entries.writeDoubleLE(key, length);
        length = entries.writeUInt32LE(at - from, length);
      }
      writer.arrayHeader(BLOCK_FIELDS);
      writer.integer(IMPORT_ID_PLACEHOLDER);
      writeGroup(writer);
      writer.integer(first);
      writer.integer(at - start);
      writer.utf8(entries, 0, length);
      if (++counts[kind] + (kind === 'births' ? counts.presents : counts.births) >= MAX_PIECE_BLOCKS) endPiece();
    }
  }

  return {
    group,
    finish() {
      if (counts.births + counts.presents > 0) endPiece();
    },
  };
}

function numbersOf(column: Column): Float64Array {
  const numbers = new Float64Array(column.length());
  for (let at = 0; at < numbers.length; at++) numbers[at] = column.at(at);
  return numbers;
}

/** The keys of all towns, town by town, and the offset of each town. */
function byTown(townKeys: Column, townCount: number): { keys: Uint32Array; starts: Uint32Array } {
  const starts = new Uint32Array(townCount + 1);
  for (let at = 0; at < townKeys.length(); at++) {
    const town = Math.floor(townKeys.at(at) / KEY_LIMIT);
    starts[town + 1] = (starts[town + 1] as number) + 1;
  }
  for (let town = 0; town < townCount; town++)
    starts[town + 1] = (starts[town + 1] as number) + (starts[town] as number);
  const next = starts.slice();
  const keys = new Uint32Array(townKeys.length());
  for (let at = 0; at < townKeys.length(); at++) {
    const townKey = townKeys.at(at);
    const town = Math.floor(townKey / KEY_LIMIT);
    const place = next[town] as number;
    keys[place] = townKey % KEY_LIMIT;
    next[town] = place + 1;
  }
  return { keys, starts };
}

/**
 * Counts what statistics are computed from, while the import is read: citizens by birth date and gender, for each town
 * and for the whole import, and presents by month and giver. 8 bytes per citizen; while packing 4 more, and 9 per relative.
 */
export function createImportCounts(): ImportCounts {
  const towns = createTownNumbers();
  /** town * KEY_LIMIT + key; the key is twice the birth date, plus one for a woman. */
  const townKeys = createColumn();

  function monthAt(place: number): number {
    return Math.floor((townKeys.at(place) % KEY_LIMIT) / 200) % 100;
  }

  return {
    towns,
    add(town, birthDate, isFemale) {
      townKeys.push(town * KEY_LIMIT + 2 * birthDate + (isFemale ? 1 : 0));
    },

    pack(relations, onPacked) {
      const packer = createBlockPacker(onPacked);
      const { keys, starts } = byTown(townKeys, towns.count());
      for (let town = 0; town < towns.count(); town++) {
        const name = towns.nameOf(town);
        const writeName = (writer: Writer) => writer.utf8(name, 0, name.length);
        packer.group('births', writeName, keys.subarray(starts[town], starts[town + 1]).sort());
      }
      packer.group('births', (writer) => writer.string(''), keys.sort());

      const givers = Array.from({ length: MONTHS + 1 }, createColumn);
      relations.eachPair((place, relativePlace) => {
        givers[monthAt(relativePlace)]?.push(relations.idAt(place));
      });
      givers.forEach((ids, month) => {
        packer.group('presents', (writer) => writer.integer(month), numbersOf(ids).sort());
      });
      packer.finish();
    },
    heldBytes: () => townKeys.heldBytes() + Uint32Array.BYTES_PER_ELEMENT * townKeys.length() + towns.heldBytes(),
  };
}
