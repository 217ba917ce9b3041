import type { CaseCount } from './api.js';

const DAY_MS = 86_400_000;

/** The largest counts first, as many as there is room for. */
export function topCounts(counts: readonly CaseCount[], max: number): CaseCount[] {
  return [...counts].sort((a, b) => b.cases - a.cases || (a.key < b.key ? -1 : 1)).slice(0, max);
}

/** The days up to the newest one that has cases, oldest first, `max` of them; days without cases are there too. */
export function lastDays(counts: readonly CaseCount[], max: number): CaseCount[] {
  const casesOf = new Map(counts.map(({ key, cases }) => [key, cases]));
  const days = counts.map(({ key }) => Date.parse(`${key}T00:00:00Z`));
  const newest = Math.max(...days);
  const oldest = Math.max(Math.min(...days), newest - (max - 1) * DAY_MS);
  const shown: CaseCount[] = [];
  for (let day = oldest; day <= newest; day += DAY_MS) {
    const key = new Date(day).toISOString().slice(0, 10);
    shown.push({ key, cases: casesOf.get(key) ?? 0 });
  }
  return shown;
}
