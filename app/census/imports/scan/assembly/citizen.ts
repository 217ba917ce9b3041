// Reads one plain, valid citizen, as app/census/imports/reading/citizen_reader.ts does: the two must take the same.

import { decodedCharacters, decodedEnd, decodeText } from './escapes';
import { DECODED, DECODED_BYTES, MAX_RELATIVES, SPANS } from './memory';
import { putText, putUint } from './msgpack';
import { putRelative } from './records';
import { birthDate, hasLetter, integer, integerEnd, skipBlanks, textCharacters, textEnd } from './text';

const CITIZEN_ID: u32 = 0;
const TOWN: u32 = 1;
const STREET: u32 = 2;
const BUILDING: u32 = 3;
const APARTMENT: u32 = 4;
const NAME: u32 = 5;
const BIRTH_DATE: u32 = 6;
const GENDER: u32 = 7;
const RELATIVES: u32 = 8;
const UNKNOWN: u32 = 9;
const ALL_FIELDS: u32 = (1 << 9) - 1;

const COMMA: u8 = 0x2c;
const COLON: u8 = 0x3a;
const QUOTE: u8 = 0x22;
const OPEN_ARRAY: u8 = 0x5b;
const CLOSE_ARRAY: u8 = 0x5d;
const OPEN_OBJECT: u8 = 0x7b;
const CLOSE_OBJECT: u8 = 0x7d;

const MAX_CHARACTERS: i32 = 256;
/** The header of a row, and the place of the import's id, which the database fills in. */
const ROW_BEGIN: u16 = 0x009a;

let today: u32 = 0;
export function setToday(date: u32): void {
  today = date;
}

/** The citizen that was read last. Its relatives are put behind those of the records. */
export let citizenId: f64 = 0;
export let date: u32 = 0;
export let isFemale: u32 = 0;
export let relatives: u32 = 0;
let apartment: u64 = 0;

// @ts-ignore: decorator
@inline
function spanStart(field: u32): usize {
  return load<u32>(SPANS + (<usize>field << 3));
}
// @ts-ignore: decorator
@inline
function spanEnd(field: u32): usize {
  return load<u32>(SPANS + (<usize>field << 3), 4);
}
export function townStart(): usize {
  return spanStart(TOWN);
}
export function townEnd(): usize {
  return spanEnd(TOWN);
}

/** The field whose key, with the quote behind it, stands here; UNKNOWN for any other. The texts are little-endian. */
// @ts-ignore: decorator
@inline
function fieldAt(key: usize): u32 {
  switch (<u32>load<u8>(key)) {
    case 0x63: // citizen_id"
      return load<u64>(key) == 0x5f6e657a69746963 && load<u16>(key, 8) == 0x6469 && load<u8>(key, 10) == QUOTE
        ? CITIZEN_ID
        : UNKNOWN;
    case 0x74: // town"
      return load<u32>(key) == 0x6e776f74 && load<u8>(key, 4) == QUOTE ? TOWN : UNKNOWN;
    case 0x73: // street"
      return load<u32>(key) == 0x65727473 && load<u16>(key, 4) == 0x7465 && load<u8>(key, 6) == QUOTE
        ? STREET
        : UNKNOWN;
    case 0x62: // building" or birth_date"
      if (load<u64>(key) == 0x676e69646c697562 && load<u8>(key, 8) == QUOTE) return BUILDING;
      return load<u64>(key) == 0x61645f6874726962 && load<u16>(key, 8) == 0x6574 && load<u8>(key, 10) == QUOTE
        ? BIRTH_DATE
        : UNKNOWN;
    case 0x61: // apartment"
      return load<u64>(key) == 0x6e656d7472617061 && load<u16>(key, 8) == 0x2274 ? APARTMENT : UNKNOWN;
    case 0x6e: // name"
      return load<u32>(key) == 0x656d616e && load<u8>(key, 4) == QUOTE ? NAME : UNKNOWN;
    case 0x67: // gender"
      return load<u32>(key) == 0x646e6567 && load<u16>(key, 4) == 0x7265 && load<u8>(key, 6) == QUOTE
        ? GENDER
        : UNKNOWN;
    case 0x72: // relatives"
      return load<u64>(key) == 0x65766974616c6572 && load<u16>(key, 8) == 0x2273 ? RELATIVES : UNKNOWN;
    default:
      return UNKNOWN;
  }
}

/** Bytes of a key and its quote. */
// @ts-ignore: decorator
@inline
function keyBytes(field: u32): usize {
  switch (field) {
    case CITIZEN_ID:
    case BIRTH_DATE:
      return 11;
    case TOWN:
    case NAME:
      return 5;
    case STREET:
    case GENDER:
      return 7;
    case BUILDING:
      return 9;
    default:
      return 10;
  }
}

function readRelatives(place: usize): usize {
  if (load<u8>(place) != OPEN_ARRAY) return 0;
  place = skipBlanks(place + 1);
  if (load<u8>(place) == CLOSE_ARRAY) return place + 1;
  for (;;) {
    place = integerEnd(skipBlanks(place));
    if (place == 0 || relatives == MAX_RELATIVES) return 0;
    putRelative(relatives++, <f64>integer);
    place = skipBlanks(place);
    if (load<u8>(place) != COMMA) break;
    place++;
  }
  return load<u8>(place) == CLOSE_ARRAY ? place + 1 : 0;
}

function isGender(from: usize, end: usize): bool {
  isFemale = end - from == 6 ? 1 : 0;
  if (isFemale) return load<u32>(from) == 0x616d6566 && load<u16>(from, 4) == 0x656c;
  return end - from == 4 && load<u32>(from) == 0x656c616d;
}

function readText(field: u32, place: usize): usize {
  if (load<u8>(place) != QUOTE) return 0;
  let from = place + 1;
  let end = textEnd(from);
  let characters = textCharacters;
  let then = end + 1;
  if (end == 0) {
    // The whole text once more: a plain beginning is copied as fast as it was read.
    const decoded = DECODED + <usize>field * DECODED_BYTES;
    then = decodeText(from, decoded) + 1;
    from = decoded;
    end = decodedEnd;
    characters = decodedCharacters;
  }
  if (then == 1 || characters == 0 || characters > MAX_CHARACTERS) return 0;
  store<u32>(SPANS + (<usize>field << 3), <u32>from);
  store<u32>(SPANS + (<usize>field << 3), <u32>end, 4);
  if (field == BIRTH_DATE) {
    date = birthDate(from, end);
    if (date == 0 || date >= today) return 0;
  } else if (field == GENDER) {
    if (!isGender(from, end)) return 0;
  } else if (field != NAME && !hasLetter(from, end)) {
    return 0;
  }
  return then;
}

// @ts-ignore: decorator
@inline
function readValue(field: u32, place: usize): usize {
  if (field == RELATIVES) return readRelatives(place);
  if (field != CITIZEN_ID && field != APARTMENT) return readText(field, place);
  place = integerEnd(place);
  if (field == CITIZEN_ID) citizenId = <f64>integer;
  else apartment = integer;
  return place;
}

/** Reads the citizen at `place`. Answers the place behind it; 0 when it is not plain, not valid, or not all there. */
export function readCitizen(place: usize): usize {
  if (load<u8>(place) != OPEN_OBJECT) return 0;
  relatives = 0;
  let seen: u32 = 0;
  do {
    place = skipBlanks(place + 1);
    if (load<u8>(place) != QUOTE) return 0;
    const field = fieldAt(place + 1);
    if (field == UNKNOWN || (seen & (1 << field)) != 0) return 0;
    seen |= 1 << field;
    place = skipBlanks(place + 1 + keyBytes(field));
    if (load<u8>(place) != COLON) return 0;
    place = readValue(field, skipBlanks(place + 1));
    if (place == 0) return 0;
    place = skipBlanks(place);
  } while (load<u8>(place) == COMMA);
  return load<u8>(place) == CLOSE_OBJECT && seen == ALL_FIELDS ? place + 1 : 0;
}

// @ts-ignore: decorator
@inline
function putField(at: usize, field: u32): usize {
  return putText(at, spanStart(field), spanEnd(field));
}

/** Writes the row of the citizen that was read last, whose relatives begin at `listed`. Answers the place behind it. */
export function putRow(at: usize): usize {
  store<u16>(at, ROW_BEGIN);
  at = putUint(at + 2, <u64>citizenId);
  at = putField(at, TOWN);
  at = putField(at, STREET);
  at = putField(at, BUILDING);
  at = putUint(at, apartment);
  at = putField(at, NAME);
  at = putUint(at, date);
  return putField(at, GENDER);
}
