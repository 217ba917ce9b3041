import { type Birthdays, MONTHS } from '../../app/census/presents/schema.js';
import { percentile, roundTo2Places } from '../../app/census/stats/model/percentiles.js';
import type { TownPercentiles } from '../../app/census/stats/schema.js';
import type { AgeCount, PresentCount } from './store.js';

export function toBirthdays(counts: readonly PresentCount[]): Birthdays {
  const months = Object.fromEntries(MONTHS.map((month) => [month, []])) as unknown as Birthdays;
  for (const [month, citizen_id, presents] of counts) {
    months[String(month) as keyof Birthdays].push({ citizen_id, presents });
  }
  return months;
}

type Ages = { age: number; citizens: number }[];

/** The age at an index of the ordered list that the counts describe. */
function ageAt(ages: Ages, place: number): number {
  let seen = 0;
  for (const { age, citizens } of ages) {
    seen += citizens;
    if (place < seen) return age;
  }
  throw new RangeError(`there is no place ${place} among ${seen} ages`);
}

function percentileOf(ages: Ages, percent: number): number {
  const total = ages.reduce((sum, { citizens }) => sum + citizens, 0);
  const place = Math.floor((percent / 100) * (total - 1));
  const next = Math.min(place + 1, total - 1);
  return roundTo2Places(percentile(total, percent, ageAt(ages, place), ageAt(ages, next)));
}

/** The interpolation and rounding of numpy, which no database has. */
export function toTownPercentiles(counts: readonly AgeCount[]): TownPercentiles[] {
  const towns = new Map<string, Ages>();
  for (const [town, age, citizens] of counts) {
    const ages = towns.get(town);
    if (ages === undefined) towns.set(town, [{ age, citizens }]);
    else ages.push({ age, citizens });
  }
  return [...towns].map(([town, ages]) => ({
    town,
    p50: percentileOf(ages, 50),
    p75: percentileOf(ages, 75),
    p99: percentileOf(ages, 99),
  }));
}
