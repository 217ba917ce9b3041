/** A town in two imports; null where it has no such value. */
export type TownShift = { town: string; before: number | null; after: number | null; shift: number | null };

/** Values by town. */
type TownValues = ReadonlyMap<string, number>;

/**
 * All towns of either import, those whose value moved most first, among the same in order of their names; last those
 * without a shift. `absent`: the value where the town is not there. O(towns log towns).
 */
export function toShifts(before: TownValues, after: TownValues, absent: number | null): TownShift[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  const rows = [...names].map((town): TownShift => {
    const [one, other] = [before.get(town) ?? absent, after.get(town) ?? absent];
    // Both have two places at most; their difference would not, as a binary fraction.
    const shift = one === null || other === null ? null : Math.round((other - one) * 100) / 100;
    return { town, before: one, after: other, shift };
  });
  const weight = ({ shift }: TownShift) => (shift === null ? -1 : Math.abs(shift));
  return rows.sort((a, b) => weight(b) - weight(a) || (a.town < b.town ? -1 : 1));
}
