import type { Citizen } from '../../../app/census/citizens/schema.js';
import { modelAge, modelPercentile } from './api_model.js';

/** A naive comparison of two imports, with which tests compare the service. */

export type Changed = { citizen_id: number; before: Citizen; after: Citizen };
type TownRow = { town: string; before: number | null; after: number | null; shift: number | null };
export type ComparedModel = { came: Citizen[]; went: Citizen[]; changed: Changed[]; same: number };

/** Relatives compare as sets. */
function isSame(before: Citizen, after: Citizen): boolean {
  const inOrder = (one: Citizen) => ({ ...one, relatives: one.relatives.toSorted((a, b) => a - b) });
  return JSON.stringify(inOrder(before)) === JSON.stringify(inOrder(after));
}

export function modelComparison(before: readonly Citizen[], after: readonly Citizen[]): ComparedModel {
  const inOrder = (list: Citizen[]) => list.sort((a, b) => a.citizen_id - b.citizen_id);
  const without = (list: readonly Citizen[], others: readonly Citizen[]) =>
    inOrder(list.filter(({ citizen_id }) => !others.some((other) => other.citizen_id === citizen_id)));
  const both = inOrder([...before]).flatMap((one) => {
    const other = after.find(({ citizen_id }) => citizen_id === one.citizen_id);
    return other === undefined ? [] : [{ citizen_id: one.citizen_id, before: one, after: other }];
  });
  const changed = both.filter((each) => !isSame(each.before, each.after));
  const same = both.length - changed.length;
  return { came: without(after, before), went: without(before, after), changed, same };
}

/** Rows of a comparison's towns; `valueIn`: null for a town without citizens. */
function modelShifts(
  before: readonly Citizen[],
  after: readonly Citizen[],
  valueIn: (citizens: readonly Citizen[]) => number | null,
): TownRow[] {
  const towns = [...new Set([...before, ...after].map(({ town }) => town))];
  const rows = towns.map((town) => {
    const [one, other] = [before, after].map((list) => valueIn(list.filter((each) => each.town === town)));
    const shift = typeof one === 'number' && typeof other === 'number' ? Number((other - one).toFixed(2)) : null;
    return { town, before: one as number | null, after: other as number | null, shift };
  });
  const size = ({ shift }: TownRow) => (shift === null ? -1 : Math.abs(shift));
  return rows.sort((a, b) => size(b) - size(a) || (a.town < b.town ? -1 : 1));
}

export function modelTownShifts(before: readonly Citizen[], after: readonly Citizen[]): TownRow[] {
  return modelShifts(before, after, (citizens) => citizens.length);
}

export function modelMedianShifts(before: readonly Citizen[], after: readonly Citizen[]): TownRow[] {
  return modelShifts(before, after, (citizens) =>
    citizens.length === 0
      ? null
      : modelPercentile(
          citizens.map((one) => modelAge(one.birth_date)),
          50,
        ),
  );
}

/** Presents by month of the givers that `isGiver` accepts. */
export function modelPresents(citizens: readonly Citizen[], isGiver: (one: Citizen) => boolean): object[] {
  const monthOf = new Map(citizens.map((one) => [one.citizen_id, Number(one.birth_date.split('.')[1])]));
  const givers = citizens.filter(isGiver);
  return Array.from({ length: 12 }, (_, place) => {
    const counts = givers.map(({ relatives }) => relatives.filter((id) => monthOf.get(id) === place + 1).length);
    const presents = counts.reduce((sum, count) => sum + count, 0);
    return { month: place + 1, presents, givers: counts.filter((count) => count > 0).length };
  });
}

export function modelBusiest(citizens: readonly Citizen[], isGiver: (one: Citizen) => boolean): object[] {
  return citizens
    .filter((one) => isGiver(one) && one.relatives.length > 0)
    .sort((a, b) => b.relatives.length - a.relatives.length || a.citizen_id - b.citizen_id)
    .map(({ citizen_id, name, town, relatives }) => ({ citizen_id, name, town, presents: relatives.length }));
}
