import { DOT, isDigit, MINUS, PLUS, QUOTE, SPACE, ZERO } from './json_bytes.js';
import { skipString } from './json_scan.js';

/**
 * JSON numbers that JSON.parse would change: 0.99999999999999999 becomes 1, 1e-400 becomes 0, 9007199254740993 becomes
 * 9007199254740992, so that the stored value would differ from the request. They are replaced by infinities, which no
 * JSON text yields and which Ajv does not accept as numbers.
 */

/** Replaces an integer that no double gives back: 1e400, 9007199254740993. */
export const BEYOND_RANGE = Number.POSITIVE_INFINITY;
const BEYOND_RANGE_TEXT = Buffer.from('1e999');
/** Parsed as -Infinity; replaces a number with a fraction that would be parsed as an integer. */
const NOT_WHOLE_TEXT = Buffer.from('-1e999');

/** Two different numbers with this many digits are never the same double. */
const MAX_EXACT_DIGITS = 15;
/** Numbers from 10^309 on are infinite, those below 10^-324 are 0. */
const MAX_POWER = 308;
const MIN_POWER = -325;

function isExponentSign(byte: number | undefined): boolean {
  return byte === 0x65 || byte === 0x45;
}

/**
 * The significant digits of a number: how many there are from the first to the last nonzero one, and the powers of ten
 * of those two.
 */
type Digits = { count: number; highPower: number; lowPower: number; end: number };

/** Reads a number in valid JSON; `count` is 0 for zero. Works on bytes to avoid creating a million strings. */
function readDigits(json: Buffer, start: number): Digits {
  let at = json[start] === MINUS ? start + 1 : start;
  let first = -1;
  let last = -1;
  /** Positions: of the digits before the current one, and of those before the point. */
  let place = 0;
  let pointPlace = -1;
  for (; isDigit(json[at]) || json[at] === DOT; at++) {
    if (json[at] === DOT) {
      pointPlace = place;
      continue;
    }
    if (json[at] !== ZERO) {
      if (first < 0) first = place;
      last = place;
    }
    place++;
  }
  if (pointPlace < 0) pointPlace = place;
  let exponent = 0;
  if (isExponentSign(json[at])) {
    const isNegative = json[at + 1] === MINUS;
    if (isNegative || json[at + 1] === PLUS) at++;
    for (at++; isDigit(json[at]); at++) exponent = exponent * 10 + (json[at] as number) - ZERO;
    if (isNegative) exponent = -exponent;
  }
  const powerOf = (digit: number) => pointPlace - 1 - digit + exponent;
  return { count: first < 0 ? 0 : last - first + 1, highPower: powerOf(first), lowPower: powerOf(last), end: at };
}

/** The digits of a number without zeros at either end: `12` of `-0.0120e5`. */
function significantDigits(number: string): string {
  const digits = number.replace(/[eE].*|[-.]/g, '');
  let from = 0;
  let to = digits.length;
  while (digits[from] === '0') from++;
  while (to > from && digits[to - 1] === '0') to--;
  return digits.slice(from, to);
}

/** Whether an integer comes back from its double as the same number: 12345678901234567000 does, ...67001 does not. */
function comesBack(text: string): boolean {
  const value = Number(text);
  return Number.isFinite(value) && significantDigits(text) === significantDigits(value.toExponential());
}

/** The replacement of the number at `start`; undefined if JSON.parse preserves its value. */
function standIn(json: Buffer, start: number, { count, highPower, lowPower, end }: Digits): Buffer | undefined {
  if (count === 0) return undefined;
  if (lowPower >= 0) {
    if (count <= MAX_EXACT_DIGITS && highPower < MAX_POWER) return undefined;
    return highPower <= MAX_POWER && comesBack(json.toString('latin1', start, end)) ? undefined : BEYOND_RANGE_TEXT;
  }
  if (highPower < MIN_POWER || highPower > MAX_POWER) return NOT_WHOLE_TEXT;
  // Subnormal doubles keep fewer digits.
  if (count <= MAX_EXACT_DIGITS && highPower > -300) return undefined;
  const value = Number(json.toString('latin1', start, end));
  return Number.isInteger(value) || !Number.isFinite(value) ? NOT_WHOLE_TEXT : undefined;
}

function overwrite(json: Buffer, start: number, end: number, text: Buffer): void {
  for (let at = start; at < end; at++) json[at] = text[at - start] ?? SPACE;
}

/**
 * Overwrites the numbers in valid JSON that JSON.parse would change. No replacement is longer than the number: the
 * shortest such numbers are 1e-324 and 2e308. O(bytes).
 */
export function replaceChangedNumbers(json: Buffer): void {
  for (let at = 0; at < json.length; ) {
    if (json[at] === QUOTE) {
      at = skipString(json, at + 1);
    } else if (isDigit(json[at]) || json[at] === MINUS) {
      const digits = readDigits(json, at);
      const text = standIn(json, at, digits);
      if (text !== undefined) overwrite(json, at, digits.end, text);
      at = digits.end;
    } else {
      at++;
    }
  }
}
