import { CITIZEN_FIELDS } from '../model/fields.js';

/** What opens the value of each field, and closes it. */
const OPENINGS = ['', '"', '"', '"', '', '"', '"', '"', '['];
const CLOSINGS = OPENINGS.map((opening) => (opening === '"' ? '"' : ''));

/** The fixed text before the value of each field: `{"citizen_id":`, `,"town":"`, `","street":"` ... */
export const KEY_TEXTS: readonly string[] = CITIZEN_FIELDS.map((field, place) => {
  const before = place === 0 ? '{' : `${CLOSINGS[place - 1]},`;
  return `${before}"${field}":${OPENINGS[place]}`;
});
