import { setTimeout as sleep } from 'node:timers/promises';
import { formatBirthDate, utcToday } from '../../../app/calendar.js';

const DAY_MS = 24 * 3600 * 1000;

/** If midnight UTC is near, waits until it has passed, so that "today" stays the same in the test. */
export async function awayFromMidnight(leftMs = 60_000): Promise<void> {
  while (DAY_MS - (Date.now() % DAY_MS) < leftMs) await sleep(200);
}

/** The day that many days from today in UTC, as `DD.MM.YYYY`. */
export function dayFromToday(days: number): string {
  return formatBirthDate(utcToday(new Date(Date.now() + days * DAY_MS)));
}
