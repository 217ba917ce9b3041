/** Longer ones are no formulas over a few columns; the parser goes down once for each sign at most. */
export const MOST_FORMULA_LENGTH = 200;
export const MOST_FORMULA_NODES = 64;
export const MOST_FORMULA_DEPTH = 32;

/** What a formula may call, with how many arguments. */
export const FUNCTIONS: Readonly<Record<string, { least: number; most: number }>> = {
  abs: { least: 1, most: 1 },
  sqrt: { least: 1, most: 1 },
  round: { least: 1, most: 2 },
  floor: { least: 1, most: 1 },
  ceil: { least: 1, most: 1 },
  min: { least: 1, most: 10 },
  max: { least: 1, most: 10 },
  log: { least: 1, most: 2 },
  exp: { least: 1, most: 1 },
};
