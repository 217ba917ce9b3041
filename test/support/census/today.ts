import { setTimeout as sleep } from 'node:timers/promises';
import { formatBirthDate, utcToday } from '../../../app/calendar.js';

const DAY_MS = 24 * 3600 * 1000;

/** Waits midnight in UTC out when it is this near, so that "today" stays the same for what follows. */
export async function awayFromMidnight(leftMs = 60_000): Promise<void> {
  while (DAY_MS - (Date.now() % DAY_MS) < leftMs) await sleep(200);
}

/** `DD.MM.YYYY` of the day so many days from today in UTC. */
export function dayFromToday(days: number): string {
  return formatBirthDate(utcToday(new Date(Date.now() + days * DAY_MS)));
}
