import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FlatValue } from '../http/flat_rows.js';
import { type AgeDistribution, toDistribution } from './measures.js';

/** What rows can be made for. */
export const GROUP_COLUMNS = ['import', 'town', 'gender', 'age'] as const;
export type GroupColumn = (typeof GROUP_COLUMNS)[number];

/** Counts of a town's citizens by age and gender: the bytes that tarantool/ages.lua answers, perhaps one of several. */
export type TownAges = { town: string; counts: Buffer };

/** `values`: in the order of the columns that were asked for. */
export type Group = { values: readonly FlatValue[]; ages: AgeDistribution };

/** So many towns are 2 ms of work when each has citizens of every age. */
const TOWNS_A_TURN = 100;
const COUNT_BYTES = 8;
const CITIZENS_OFFSET = 4;

type Gathered = { values: Record<GroupColumn, string | number>; citizensOf: Map<number, number> };

function addTown(
  groups: Map<string, Gathered>,
  groupBy: readonly GroupColumn[],
  importId: number,
  { town, counts }: TownAges,
): void {
  const by = (column: GroupColumn) => groupBy.includes(column);
  const [isByImport, isByTown, isByGender, isByAge] = GROUP_COLUMNS.map(by);
  for (let at = 0; at < counts.length; at += COUNT_BYTES) {
    const ageAndGender = counts.readUInt32LE(at);
    const citizens = counts.readUInt32LE(at + CITIZENS_OFFSET);
    const age = ageAndGender >>> 1;
    const gender = ageAndGender % 2 === 0 ? 'male' : 'female';
    // The town comes last: what is in its name cannot be taken for another column.
    const key = `${isByImport ? importId : ''} ${isByGender ? gender : ''} ${isByAge ? age : ''} ${isByTown ? town : ''}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = { values: { import: importId, town, gender, age }, citizensOf: new Map() };
      groups.set(key, group);
    }
    group.citizensOf.set(age, (group.citizensOf.get(age) ?? 0) + citizens);
  }
}

function compare(one: FlatValue, other: FlatValue): number {
  if (one === other) return 0;
  return (one as string | number) < (other as string | number) ? -1 : 1;
}

/**
 * The ages of imports' towns -> groups, in order of their values, the first column first. Without columns there is one
 * group, of all citizens, be there any or none; else only groups with citizens. O(counts + groups log groups), in turns.
 */
export async function groupAges(
  imports: readonly { importId: number; towns: readonly TownAges[] }[],
  groupBy: readonly GroupColumn[],
): Promise<Group[]> {
  const gathered = new Map<string, Gathered>();
  for (const { importId, towns } of imports) {
    for (const [place, town] of towns.entries()) {
      if (place % TOWNS_A_TURN === TOWNS_A_TURN - 1) await nextTurn();
      addTown(gathered, groupBy, importId, town);
    }
  }
  if (groupBy.length === 0 && gathered.size === 0) return [{ values: [], ages: toDistribution(new Map()) }];
  const groups = [...gathered.values()].map(({ values, citizensOf }) => ({
    values: groupBy.map((column) => values[column]),
    ages: toDistribution(citizensOf),
  }));
  return groups.sort((one, other) => {
    const place = one.values.findIndex((value, index) => value !== other.values[index]);
    return place === -1 ? 0 : compare(one.values[place] as FlatValue, other.values[place] as FlatValue);
  });
}
