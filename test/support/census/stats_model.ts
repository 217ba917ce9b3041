import type { Citizen } from '../../../app/census/citizens/schema.js';
import { modelAge, modelPercentile } from './api_model.js';

/** A naive implementation of age statistics, computed from the citizens themselves. */

export type ModelImport = { importId: number; citizens: readonly Citizen[] };
export type ModelQuestion = { groupBy: readonly string[]; asOf: number; town?: string | undefined };
export type ModelRow = Record<string, number | string | null>;

/** Measures by their names in `metrics`. */
const MEASURES: Readonly<Record<string, (ages: readonly number[]) => number>> = {
  count: (ages) => ages.length,
  'mean(age)': (ages) => ages.reduce((sum, age) => sum + age, 0) / ages.length,
  'min(age)': (ages) => Math.min(...ages),
  'max(age)': (ages) => Math.max(...ages),
  'stddev(age)': (ages) => {
    const mean = ages.reduce((sum, age) => sum + age, 0) / ages.length;
    return Math.sqrt(ages.reduce((sum, age) => sum + (age - mean) ** 2, 0) / ages.length);
  },
};

function modelMeasure(ages: readonly number[], name: string): number | null {
  if (ages.length === 0) return name === 'count' ? 0 : null;
  const [, percent] = /^p([\d.]+)\(age\)$/.exec(name) ?? [];
  if (percent !== undefined) return modelPercentile(ages, Number(percent));
  return (MEASURES[name] as (ages: readonly number[]) => number)(ages);
}

function compareRows(columns: readonly string[]) {
  return (one: ModelRow, other: ModelRow): number => {
    const column = columns.find((name) => one[name] !== other[name]);
    if (column === undefined) return 0;
    return (one[column] as string | number) < (other[column] as string | number) ? -1 : 1;
  };
}

/** `measures`: the measure of each column. */
export function modelStats(
  imports: readonly ModelImport[],
  { groupBy, asOf, town }: ModelQuestion,
  measures: Readonly<Record<string, string>>,
): ModelRow[] {
  const people = imports.flatMap(({ importId, citizens }) =>
    citizens
      .map((one) => ({ import: importId, town: one.town, gender: one.gender, age: modelAge(one.birth_date, asOf) }))
      .filter((one) => one.age >= 0 && (town === undefined || one.town === town)),
  );
  const groups = new Map<string, typeof people>();
  if (groupBy.length === 0) groups.set('', []);
  for (const one of people) {
    const key = groupBy.map((column) => JSON.stringify(one[column as keyof typeof one])).join();
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()]
    .map((group) => {
      const ages = group.map(({ age }) => age);
      const values = Object.entries(measures).map(([column, name]) => [column, modelMeasure(ages, name)]);
      const first = group[0] as Record<string, string | number> | undefined;
      return Object.fromEntries([...groupBy.map((column) => [column, first?.[column]]), ...values]) as ModelRow;
    })
    .sort(compareRows(groupBy));
}
