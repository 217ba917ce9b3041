import { decode, decodeArrayHeader, decodeStringSpan } from '../../../db/wire/msgpack.js';
import type { FlatValue } from '../../../http/answers/write_rows.js';
import { type AgeDistribution, toDistribution } from './measures.js';

/** Columns by which rows can be grouped. */
export const GROUP_COLUMNS = ['import', 'town', 'gender', 'age'] as const;
export type GroupColumn = (typeof GROUP_COLUMNS)[number];

/** Counts of an import's citizens by town, age and gender: MessagePack pages of tarantool/census/stats/ages.lua. */
export type ImportAges = { importId: number; pages: readonly Uint8Array[] };

/** `values` are in the order of the requested columns. */
export type Group = { values: readonly FlatValue[]; ages: AgeDistribution };

const COUNT_BYTES = 8;
const CITIZENS_OFFSET = 4;

type GroupInProgress = { values: Record<GroupColumn, string | number>; citizensOf: Map<number, number> };

/** Groups while they are filled, keyed by their values as text. */
type Grouping = { groups: Map<string, GroupInProgress>; groupBy: readonly GroupColumn[] };

function addTown({ groups, groupBy }: Grouping, importId: number, town: string, counts: Buffer): void {
  const by = (column: GroupColumn) => groupBy.includes(column);
  const [isByImport, isByTown, isByGender, isByAge] = GROUP_COLUMNS.map(by);
  for (let at = 0; at < counts.length; at += COUNT_BYTES) {
    const ageAndGender = counts.readUInt32LE(at);
    const citizens = counts.readUInt32LE(at + CITIZENS_OFFSET);
    const age = ageAndGender >>> 1;
    const gender = ageAndGender % 2 === 0 ? 'male' : 'female';
    // The town comes last, so that its name cannot be mistaken for another column.
    const key = `${isByImport ? importId : ''} ${isByGender ? gender : ''} ${isByAge ? age : ''} ${isByTown ? town : ''}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = { values: { import: importId, town, gender, age }, citizensOf: new Map() };
      groups.set(key, group);
    }
    group.citizensOf.set(age, (group.citizensOf.get(age) ?? 0) + citizens);
  }
}

function toBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

/** Upper bounds of the numbers of counts and groups, computed without reading the pages. */
export function sizeOf(imports: readonly ImportAges[], groupBy: readonly GroupColumn[]) {
  const pages = imports.flatMap((each) => each.pages);
  const counts = pages.reduce((sum, { length }) => sum + Math.ceil(length / COUNT_BYTES), 0);
  const towns = pages.reduce((sum, page) => sum + decodeArrayHeader(toBuffer(page), 0).length / 2, 0);
  return { counts, groups: groupBy.includes('age') ? counts : 2 * towns };
}

/** The flat array of a page: town, counts, town, counts, and so on. A town may span several pages. */
function addPage(grouping: Grouping, importId: number, page: Uint8Array): void {
  const bytes = toBuffer(page);
  let { length: left, end: at } = decodeArrayHeader(bytes, 0);
  for (; left > 0; left -= 2) {
    const { value: town, end } = decode(bytes, at);
    const counts = decodeStringSpan(bytes, end);
    addTown(grouping, importId, town as string, bytes.subarray(counts.from, counts.end));
    at = counts.end;
  }
}

function compare(one: FlatValue, other: FlatValue): number {
  if (one === other) return 0;
  return (one as string | number) < (other as string | number) ? -1 : 1;
}

/**
 * Groups the ages of the imports' towns; sorted by their values, the first column first. Without columns, the result is
 * one group of all citizens, which may be empty; otherwise empty groups are left out. O(counts + groups log groups).
 */
export function groupAges(imports: readonly ImportAges[], groupBy: readonly GroupColumn[]): Group[] {
  const grouping: Grouping = { groups: new Map(), groupBy };
  for (const { importId, pages } of imports) {
    for (const page of pages) addPage(grouping, importId, page);
  }
  if (groupBy.length === 0 && grouping.groups.size === 0) return [{ values: [], ages: toDistribution(new Map()) }];
  const groups = [...grouping.groups.values()].map(({ values, citizensOf }) => ({
    values: groupBy.map((column) => values[column]),
    ages: toDistribution(citizensOf),
  }));
  return groups.sort((one, other) => {
    const place = one.values.findIndex((value, index) => value !== other.values[index]);
    return place === -1 ? 0 : compare(one.values[place] as FlatValue, other.values[place] as FlatValue);
  });
}
