/** A town in two imports; null where it has no value. */
export type TownShift = { town: string; before: number | null; after: number | null; shift: number | null };

/** Values by town. */
type TownValues = ReadonlyMap<string, number>;

/**
 * All towns of either import, sorted by the size of their shift, largest first, then by name; towns without a shift
 * come last. `absent`: the value of a town that an import does not have. O(towns log towns).
 */
export function toShifts(before: TownValues, after: TownValues, absent: number | null): TownShift[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  const rows = [...names].map((town): TownShift => {
    const [one, other] = [before.get(town) ?? absent, after.get(town) ?? absent];
    // Both have at most two decimal places; rounding removes the binary noise of their difference.
    const shift = one === null || other === null ? null : Math.round((other - one) * 100) / 100;
    return { town, before: one, after: other, shift };
  });
  const weight = ({ shift }: TownShift) => (shift === null ? -1 : Math.abs(shift));
  return rows.sort((a, b) => weight(b) - weight(a) || (a.town < b.town ? -1 : 1));
}
