// The plain citizens of an import, read 16 bytes at a time: from the bytes of a body to rows, and all that is to be known at
// the import's end. app/census/imports/scan/plain_import.ts calls it.

import { citizenId, date, isFemale, putRow, readCitizen, relatives, setToday, townEnd, townStart } from './citizen';
import { setSeed } from './hash';
import { beginMemory, EXCHANGED_RELATIVES, EXCHANGED_TOWN, INPUT, OUTPUT, OUTPUT_BYTES } from './memory';
import { putUint } from './msgpack';
import { addRecord, beginRecords, putRelative, relativeAt, relativesCount, reserveRecord } from './records';
import { setNewlineEnds, skipBlanks } from './text';
import { beginTowns, NO_ROOM, townNumber } from './towns';

export { blockCount, blockEnds, blocksBegin, makeBlocks } from './blocks';
export {
  areRelativesConsistent,
  citizenCount,
  endOfRelatives,
  firstRelativeOf,
  recordAt,
  relativeAt,
  relativesCount,
} from './records';
export { townName, townNameBytes } from './towns';

const COMMA: u8 = 0x2c;
const NEWLINE: u8 = 0x0a;

let hasLines: bool = false;
let end: usize = INPUT;
let written: usize = OUTPUT;

export function inputAt(): usize {
  return INPUT;
}
export function outputAt(): usize {
  return OUTPUT;
}
export function exchangedRelativesAt(): usize {
  return EXCHANGED_RELATIVES;
}
export function exchangedTownAt(): usize {
  return EXCHANGED_TOWN;
}

/** `lines`: NDJSON, where each citizen ends with a newline. False when there is no memory. */
export function begin(today: u32, lines: bool, seed: u64): bool {
  beginMemory();
  setToday(today);
  setSeed(seed);
  setNewlineEnds(lines);
  hasLines = lines;
  return beginRecords() && beginTowns();
}

/** Where the last citizen that scan has read ends; in NDJSON behind its newline. */
export function readTo(): usize {
  return end;
}
/** Where the rows in the output end. */
export function writtenTo(): usize {
  return written;
}

function addCitizen(byteOffset: f64, line: u32): bool {
  const town = townNumber(townStart(), townEnd());
  return town != NO_ROOM && addRecord(citizenId, byteOffset, 2 * date + isFemale, town, relatives, line);
}

function putRelatives(at: usize): usize {
  const from = relativesCount() - relatives;
  if (relatives < 16) {
    store<u8>(at, <u8>(0x90 | relatives));
    at += 1;
  } else {
    store<u8>(at, 0xdc);
    store<u16>(at, bswap<u16>(<u16>relatives), 1);
    at += 3;
  }
  for (let i: u32 = 0; i < relatives; i++) at = putUint(at, <u64>relativeAt(from + i));
  return at;
}

/**
 * Reads citizens from `from` on, the first byte of one, until one is not plain or not all there, or until there are
 * `maxRows`, or `maxBytes` of rows. `offset`: of the input's first byte in the body. `line`: of the first citizen.
 * Answers how many it has read.
 */
export function scan(from: usize, offset: f64, line: u32, maxRows: i32, maxBytes: usize): i32 {
  let rows = 0;
  written = OUTPUT;
  end = from;
  const outputEnd = OUTPUT + min(maxBytes, OUTPUT_BYTES);
  let place = from;
  while (rows < maxRows && written < outputEnd && reserveRecord()) {
    let then = readCitizen(place);
    if (then == 0) break;
    if (hasLines) {
      then = skipBlanks(then);
      if (load<u8>(then) != NEWLINE) break;
      then++;
    }
    if (!addCitizen(offset + <f64>(place - INPUT), hasLines ? line + rows : 0)) break;
    written = putRelatives(putRow(written));
    rows++;
    end = then;
    place = then;
    if (hasLines) continue;
    place = skipBlanks(place);
    if (load<u8>(place) != COMMA) break;
    place = skipBlanks(place + 1);
  }
  return rows;
}

/**
 * Adds a citizen that was read elsewhere: its relatives and the name of its town are in the exchange areas. False when its
 * id is there already, or there is no memory.
 */
export function add(id: f64, key: u32, relativeCount: u32, townBytes: usize, byteOffset: f64, line: u32): bool {
  if (!reserveRecord()) return false;
  const town = townNumber(EXCHANGED_TOWN, EXCHANGED_TOWN + townBytes);
  if (town == NO_ROOM) return false;
  for (let i: u32 = 0; i < relativeCount; i++) {
    putRelative(i, load<f64>(EXCHANGED_RELATIVES + (<usize>i << 3)));
  }
  return addRecord(id, byteOffset, key, town, relativeCount, line);
}
