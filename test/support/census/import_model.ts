import { parse as parseCsv } from 'csv-parse/sync';
import { utcToday } from '../../../app/calendar.js';
import type { Citizen } from '../../../app/census/citizens/schema.js';
import { importFaults } from './api_model.js';

/** A naive implementation of the import rules in spec/citizens.md, from bytes to citizens. */

export type Format = 'json' | 'ndjson' | 'csv';

const FIELDS = ['citizen_id', 'town', 'street', 'building', 'apartment', 'name', 'birth_date', 'gender', 'relatives'];

function isId(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && [...value].length <= 256 && value.isWellFormed();
}

function isPlace(value: unknown): boolean {
  return isText(value) && /\p{L}|\p{Nd}/u.test(value);
}

function isPastDate(value: unknown): boolean {
  const parts = typeof value === 'string' ? /^([0-9]{2})\.([0-9]{2})\.([0-9]{4})$/.exec(value) : null;
  if (parts === null || (value as string).length !== 10) return false;
  const [day = 0, month = 0, year = 0] = parts.slice(1).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists && year * 10_000 + month * 100 + day < utcToday();
}

function isCitizen(value: unknown): value is Citizen {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (Object.keys(value).sort().join() !== [...FIELDS].sort().join()) return false;
  const one = value as Record<string, unknown>;
  return (
    isId(one['citizen_id']) &&
    isPlace(one['town']) &&
    isPlace(one['street']) &&
    isPlace(one['building']) &&
    isId(one['apartment']) &&
    isText(one['name']) &&
    isPastDate(one['birth_date']) &&
    (one['gender'] === 'male' || one['gender'] === 'female') &&
    Array.isArray(one['relatives']) &&
    one['relatives'].every(isId)
  );
}

/** Strings, which are skipped, and numbers of valid JSON. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Whether a number is an integer both as written and as a double. */
function isExactlyWhole(token: string): boolean {
  const [, whole = '', fraction = '', power = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token) ?? [];
  const digits = (whole + fraction).replace(/0+$/, '');
  if (/^0*$/.test(digits)) return true;
  const zeros = whole.length + fraction.length - digits.length;
  return Number(power) - fraction.length + zeros >= 0 && Number.isSafeInteger(Number(token));
}

/** JSON.parse would round some numbers; all numbers of a citizen are integers. */
function parseExactly(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const numbers = (text.match(TOKEN) ?? []).filter((token) => !token.startsWith('"'));
  if (!numbers.every(isExactlyWhole)) throw new Error('a number is not whole');
  return value;
}

function fromJson(text: string): unknown[] {
  // JSON.parse would take the last duplicate. Citizens have no such key, and quotes within strings are escaped.
  if ((text.match(/"citizens"\s*:/g) ?? []).length > 1) throw new Error('citizens are there twice');
  const body = parseExactly(text);
  const keys = Object.keys(body as object);
  const { citizens } = body as { citizens?: unknown };
  if (!Array.isArray(citizens) || keys.length !== 1) throw new Error('not {"citizens": [...]}');
  return citizens;
}

function fromNdjson(text: string): unknown[] {
  const lines = text.split('\n').filter((line) => !/^[ \t\r]*$/.test(line));
  if (lines.length === 0) throw new Error('empty');
  return lines.map(parseExactly);
}

function fromCsv(text: string): unknown[] {
  const records: string[][] = parseCsv(text, { record_delimiter: ['\r\n', '\n'], relax_column_count: true });
  const [header, ...rows] = records.filter((fields) => fields.length !== 1 || fields[0] !== '');
  if (header === undefined) throw new Error('empty');
  if ([...header].sort().join('\n') !== [...FIELDS].sort().join('\n')) throw new Error('another header');
  const toNumber = (digits: string) => (/^[0-9]+$/.test(digits) ? Number(digits) : digits);
  return rows.map((fields) => {
    const one = Object.fromEntries(header.map((name, column) => [name, fields[column] ?? '']));
    const { citizen_id, apartment, relatives = '' } = one;
    return {
      ...one,
      // A citizen must have exactly the known fields.
      ...(fields.length !== FIELDS.length && { fieldCount: fields.length }),
      citizen_id: toNumber(citizen_id ?? ''),
      apartment: toNumber(apartment ?? ''),
      relatives: relatives === '' ? [] : relatives.split(';').map(toNumber),
    };
  });
}

/** `-0` counts as the integer 0. */
function withPlainZeros(one: Citizen): Citizen {
  return {
    ...one,
    citizen_id: one.citizen_id + 0,
    apartment: one.apartment + 0,
    relatives: one.relatives.map((id) => id + 0),
  };
}

/** The citizens of a decoded body as they must be listed once stored; undefined if the body must be refused. */
export function modelImport(body: Uint8Array, format: Format): Citizen[] | undefined {
  try {
    // A leading byte order mark is ignored.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const citizens = { json: fromJson, ndjson: fromNdjson, csv: fromCsv }[format](text);
    if (!citizens.every(isCitizen)) return undefined;
    const plain = citizens.map(withPlainZeros);
    if (importFaults(plain).length > 0) return undefined;
    return plain.sort((a, b) => a.citizen_id - b.citizen_id);
  } catch {
    return undefined;
  }
}
