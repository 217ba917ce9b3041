import { utcToday } from '../../app/calendar.js';
import type { Citizen } from '../../app/imports/service.js';

/** The citizens API written out in the plainest way: what tests compare the service with. */

const MONTHS = Array.from({ length: 12 }, (_, place) => String(place + 1));
const PERCENTS = { p50: 50, p75: 75, p99: 99 };

/** Full years on today's date in UTC, by comparing day with day. */
export function modelAge(birthDate: string): number {
  const [day = 0, month = 0, year = 0] = birthDate.split('.').map(Number);
  const today = utcToday();
  const [thisYear, thisMonth, thisDay] = [Math.floor(today / 10_000), Math.floor(today / 100) % 100, today % 100];
  const hadBirthday = thisMonth > month || (thisMonth === month && thisDay >= day);
  return thisYear - year - (hadBirthday ? 0 : 1);
}

/** numpy.around(numpy.percentile(ages, percent, interpolation='linear'), 2). */
export function modelPercentile(ages: readonly number[], percent: number): number {
  const sorted = [...ages].sort((a, b) => a - b);
  const place = (percent / 100) * (sorted.length - 1);
  const low = sorted[Math.floor(place)] as number;
  const high = sorted[Math.ceil(place)] as number;
  const share = place - Math.floor(place);
  const value = share >= 0.5 ? high - (high - low) * (1 - share) : low + (high - low) * share;
  const hundredfold = value * 100;
  const isHalf = hundredfold - Math.floor(hundredfold) === 0.5;
  return (isHalf ? 2 * Math.round(hundredfold / 2) : Math.round(hundredfold)) / 100;
}

export function modelPercentiles(citizens: readonly Citizen[]): object[] {
  const towns = [...new Set(citizens.map(({ town }) => town))].sort();
  return towns.map((town) => {
    const ages = citizens.filter((one) => one.town === town).map((one) => modelAge(one.birth_date));
    const values = Object.entries(PERCENTS).map(([name, percent]) => [name, modelPercentile(ages, percent)]);
    return { town, ...Object.fromEntries(values) };
  });
}

export function modelBirthdays(citizens: readonly Citizen[]): Record<string, object[]> {
  const monthOf = new Map(citizens.map((one) => [one.citizen_id, String(Number(one.birth_date.split('.')[1]))]));
  const inOrder = [...citizens].sort((a, b) => a.citizen_id - b.citizen_id);
  const givers = (month: string) =>
    inOrder
      .map(({ citizen_id, relatives }) => ({
        citizen_id,
        presents: relatives.filter((id) => monthOf.get(id) === month).length,
      }))
      .filter(({ presents }) => presents > 0);
  return Object.fromEntries(MONTHS.map((month) => [month, givers(month)]));
}
