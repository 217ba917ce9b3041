import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FlatRows, FlatValue } from '../http/flat_rows.js';
import { type Group, groupAges, type TownAges } from './groups.js';
import type { StatsQuery } from './stats_query.js';

/** What is computed between two turns of the event loop: 2 ms of formulas. */
const WEIGHT_A_TURN = 10_000;

function weightOf({ terms }: StatsQuery): number {
  return terms.reduce((sum, { weight }) => sum + weight, 0);
}

function toRow({ values, ages }: Group, { terms }: StatsQuery): FlatValue[] {
  const computed = new Map<string, number | null>();
  for (const { column, compute } of terms) computed.set(column, compute(ages, computed));
  return [...values, ...computed.values()];
}

/** No value comes last, whichever way. */
function compareValues(one: FlatValue, other: FlatValue, sign: number): number {
  if (one === other) return 0;
  if (one === null || other === null) return one === null ? 1 : -1;
  return one < other ? -sign : sign;
}

/** Rows that are equal stay in the order of their groups. */
function inOrder(flat: FlatRows, { order, limit }: StatsQuery): FlatRows {
  const { columns, rows } = flat;
  const place = order === undefined ? -1 : columns.indexOf(order.column);
  const sign = order?.isDescending ? -1 : 1;
  const sorted =
    place === -1 ? rows : rows.toSorted((a, b) => compareValues(a[place] as FlatValue, b[place] as FlatValue, sign));
  return { columns, rows: sorted.slice(0, limit) };
}

/**
 * Ages of imports -> the rows that a question asks for, or undefined when they and their formulas would be more than
 * `mostWeight`. In turns, so that nobody waits for it.
 */
export async function computeRows(
  query: StatsQuery,
  imports: readonly { importId: number; towns: readonly TownAges[] }[],
  mostWeight: number,
): Promise<FlatRows | undefined> {
  const groups = await groupAges(imports, query.groupBy);
  const weight = query.groupBy.length + weightOf(query);
  if (groups.length * weight > mostWeight) return undefined;
  const rowsATurn = Math.ceil(WEIGHT_A_TURN / weight);
  const rows: FlatValue[][] = [];
  for (const [place, group] of groups.entries()) {
    if (place % rowsATurn === rowsATurn - 1) await nextTurn();
    rows.push(toRow(group, query));
  }
  return inOrder({ columns: [...query.groupBy, ...query.terms.map(({ column }) => column)], rows }, query);
}
