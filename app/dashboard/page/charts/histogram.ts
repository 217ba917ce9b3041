import type { AgeCount } from '../census/api.js';

/** Number of citizens aged `from` to `to` full years, inclusive. */
export type AgeBin = { from: number; to: number; citizens: number };

/** Groups counts by age into bins of equal width, without gaps from the youngest to the oldest. */
export function toBins(counts: readonly AgeCount[], widthYears: number): AgeBin[] {
  const filled = counts.filter(({ citizens }) => citizens > 0);
  if (filled.length === 0) return [];
  const places = filled.map(({ age }) => Math.floor(age / widthYears));
  const first = Math.min(...places);
  const bins = Array.from({ length: Math.max(...places) - first + 1 }, (_, place): AgeBin => {
    const from = (first + place) * widthYears;
    return { from, to: from + widthYears - 1, citizens: 0 };
  });
  filled.forEach(({ citizens }, index) => {
    (bins[(places[index] as number) - first] as AgeBin).citizens += citizens;
  });
  return bins;
}

export function binName({ from, to }: AgeBin): string {
  return from === to ? String(from) : `${from}–${to}`;
}
