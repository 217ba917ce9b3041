/**
 * A date as a number: 20001231. Date numbers sort as dates do, and the full years between two of them are
 * floor((20261122 - 20001231) / 10000) = 25. In common years, a person born on 29 February turns a year older on 1
 * March without a special case.
 */
export type DateNumber = number;

const BIRTH_DATE_PATTERN = /^\d{2}\.\d{2}\.\d{4}$/;
export const ISO_DATE_PATTERN = /^\d{4}-\d{2}-\d{2}$/;
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysInMonth(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && isLeap ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0);
}

/** Today's date in UTC, whatever time zone the process runs in. */
export function utcToday(now: Date = new Date()): DateNumber {
  return now.getUTCFullYear() * 10_000 + (now.getUTCMonth() + 1) * 100 + now.getUTCDate();
}

export function hasBirthDateForm(text: string): boolean {
  return BIRTH_DATE_PATTERN.test(text);
}

/** (31, 12, 2000) -> 20001231; undefined when no such day exists in the years 0001 to 9999. */
export function dateFromParts(day: number, month: number, year: number): DateNumber | undefined {
  if (year < 1 || day < 1 || day > daysInMonth(year, month)) return undefined;
  return year * 10_000 + month * 100 + day;
}

/** `31.12.2000` -> 20001231; undefined when no such day exists in the years 0001 to 9999. */
export function parseBirthDate(text: string): DateNumber | undefined {
  if (!hasBirthDateForm(text)) return undefined;
  return dateFromParts(Number(text.slice(0, 2)), Number(text.slice(3, 5)), Number(text.slice(6)));
}

/** `2000-12-31` -> 20001231; undefined when the text has another form or no such day exists. */
export function parseIsoDate(text: string): DateNumber | undefined {
  if (!ISO_DATE_PATTERN.test(text)) return undefined;
  return dateFromParts(Number(text.slice(8)), Number(text.slice(5, 7)), Number(text.slice(0, 4)));
}

/** 20001231 -> `31.12.2000`. */
export function formatBirthDate(date: DateNumber): string {
  const digits = String(date).padStart(8, '0');
  return `${digits.slice(6)}.${digits.slice(4, 6)}.${digits.slice(0, 4)}`;
}

/** Number of full years from one date to another. */
export function fullYears(from: DateNumber, to: DateNumber): number {
  return Math.floor((to - from) / 10_000);
}

const MICROSECONDS = 1_000_000;

/** Seconds since 1970 -> `2026-11-27T20:30:11.123456Z`. */
export function toTimestamp(seconds: number): string {
  const microseconds = Math.floor(seconds * MICROSECONDS);
  const milliseconds = new Date(Math.floor(microseconds / 1_000)).toISOString();
  return `${milliseconds.slice(0, -1)}${String(microseconds % 1_000).padStart(3, '0')}Z`;
}
