import type pg from 'pg';
import { type Birthdays, MONTHS } from '../../../app/census/presents/schema.js';
import { percentile, roundTo2Places } from '../../../app/census/stats/model/percentiles.js';
import type { TownPercentiles } from '../../../app/census/stats/schema.js';
import { requireImport } from './imports.js';

// Relations are symmetric, so the givers for a citizen are its listed relatives: one pass and no join.
const PRESENTS = {
  name: 'presents',
  rowMode: 'array',
  text: `SELECT date_part('month', birth_date)::int, buyer, count(*)::int
    FROM citizens CROSS JOIN unnest(relatives) AS buyer
    WHERE import_id = $1 AND relatives <> '{}' GROUP BY 1, 2`,
} as const;

const AGES = {
  name: 'ages',
  rowMode: 'array',
  text: `SELECT town, date_part('year', age((now() AT TIME ZONE 'UTC')::date, birth_date::timestamp))::int, count(*)::int
    FROM citizens WHERE import_id = $1 GROUP BY 1, 2 ORDER BY 1, 2`,
} as const;

/** The number of presents that each citizen buys, by month. @throws ServiceError IMPORT_NOT_FOUND */
export async function birthdays(pool: pg.Pool, importId: number): Promise<Birthdays> {
  const { rows } = await pool.query<[number, number, number]>({ ...PRESENTS, values: [importId] });
  if (rows.length === 0) await requireImport(pool, importId);
  const months = Object.fromEntries(MONTHS.map((month) => [month, []])) as unknown as Birthdays;
  for (const [month, citizen_id, presents] of rows) {
    months[String(month) as keyof Birthdays].push({ citizen_id, presents });
  }
  return months;
}

type AgeCount = { age: number; citizens: number };

/** The age at an index of the ordered list that the counts describe. */
function ageAt(counts: readonly AgeCount[], place: number): number {
  let seen = 0;
  for (const { age, citizens } of counts) {
    seen += citizens;
    if (place < seen) return age;
  }
  throw new RangeError(`there is no place ${place} among ${seen} ages`);
}

function percentileOf(counts: readonly AgeCount[], percent: number): number {
  const total = counts.reduce((sum, { citizens }) => sum + citizens, 0);
  const place = Math.floor((percent / 100) * (total - 1));
  const next = Math.min(place + 1, total - 1);
  return roundTo2Places(percentile(total, percent, ageAt(counts, place), ageAt(counts, next)));
}

/** percentile_cont interpolates and rounds differently from numpy, so the last steps are done here. */
export async function townPercentiles(pool: pg.Pool, importId: number): Promise<TownPercentiles[]> {
  const { rows } = await pool.query<[string, number, number]>({ ...AGES, values: [importId] });
  if (rows.length === 0) await requireImport(pool, importId);
  const towns = new Map<string, AgeCount[]>();
  for (const [town, age, citizens] of rows) {
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
