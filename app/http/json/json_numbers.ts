import { DOT, isDigit, MINUS, PLUS, QUOTE, SPACE } from './json_bytes.js';
import { skipString } from './json_scan.js';

/**
 * Numbers of JSON that JSON.parse would change: 0.99999999999999999 becomes 1, 1e-400 becomes 0. What a field stores would
 * not be what was sent. In their place stands an infinity, which no other text of JSON becomes and which Ajv takes for
 * no number.
 */

/** In place of a whole number that no double comes near: 1e400. */
export const BEYOND_RANGE = Number.POSITIVE_INFINITY;
const BEYOND_RANGE_TEXT = '1e999';
/** Becomes -Infinity; in place of a number that has a fraction and would be read as one that has none. */
const NOT_WHOLE_TEXT = '-1e999';

/** Whether the decimal text of a number, which is one of JSON, means a whole number: 1.0, 1e2 and 1000e-3 do. O(length). */
function isWhole(text: string): boolean {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [, fraction = ''] = mantissa.split('.');
  const digits = mantissa.replace('.', '');
  let zeros = 0;
  while (digits[digits.length - 1 - zeros] === '0') zeros++;
  // Of nothing but zeros, behind a sign: 0 whatever the exponent.
  if (zeros === digits.length || (zeros === digits.length - 1 && digits[0] === '-')) return true;
  return Number(exponent) - fraction.length + zeros >= 0;
}

/** What must stand in place of a number, which is one of JSON; undefined when JSON.parse makes of it what it means. */
function standIn(text: string): string | undefined {
  const value = Number(text);
  if (isWhole(text)) return Number.isFinite(value) ? undefined : BEYOND_RANGE_TEXT;
  return Number.isInteger(value) || !Number.isFinite(value) ? NOT_WHOLE_TEXT : undefined;
}

function isPartOfNumber(byte: number | undefined): boolean {
  return isDigit(byte) || byte === DOT || byte === MINUS || byte === PLUS || byte === 0x65 || byte === 0x45;
}

/**
 * Overwrites the numbers in a text of valid JSON that JSON.parse would change. No such number is shorter than what is
 * put in its place: 1e-324 and 1e309 are the shortest. O(bytes).
 */
export function replaceChangedNumbers(json: Buffer): void {
  for (let at = 0; at < json.length; ) {
    if (json[at] === QUOTE) {
      at = skipString(json, at + 1);
    } else if (isDigit(json[at]) || json[at] === MINUS) {
      const start = at;
      while (isPartOfNumber(json[at])) at++;
      const text = standIn(json.toString('latin1', start, at));
      if (text !== undefined) json.fill(SPACE, start, at).write(text, start, 'latin1');
    } else {
      at++;
    }
  }
}
