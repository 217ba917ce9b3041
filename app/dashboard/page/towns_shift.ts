import type { TownPercentiles } from './api.js';

/** A town's median age in two imports; undefined where the town is not. */
export type TownShift = {
  town: string;
  before: number | undefined;
  after: number | undefined;
  shift: number | undefined;
};

/** All towns of either, those whose median moved most first, and last those that are in one alone. O(towns). */
export function toShifts(before: readonly TownPercentiles[], after: readonly TownPercentiles[]): TownShift[] {
  const medians = (towns: readonly TownPercentiles[]) => new Map(towns.map(({ town, p50 }) => [town, p50]));
  const [first, second] = [medians(before), medians(after)];
  const names = new Set([...first.keys(), ...second.keys()]);
  const rows = [...names].map((town): TownShift => {
    const [one, other] = [first.get(town), second.get(town)];
    // Both have two places at most; their difference would not, as a binary fraction.
    const shift = one === undefined || other === undefined ? undefined : Math.round((other - one) * 100) / 100;
    return { town, before: one, after: other, shift };
  });
  const weight = ({ shift }: TownShift) => (shift === undefined ? -1 : Math.abs(shift));
  return rows.sort((a, b) => weight(b) - weight(a) || (a.town < b.town ? -1 : 1));
}
