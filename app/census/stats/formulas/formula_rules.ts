/** Longer ones are no formulas over a few columns; the parser goes down once for each sign at most. */
export const MAX_FORMULA_LENGTH = 200;
export const MAX_FORMULA_NODES = 64;
export const MAX_FORMULA_DEPTH = 32;

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

/** What a formula must not hold; `message` continues a sentence that begins with the formula. */
export class FormulaError extends Error {}

/** `values`: of the names in it; where one has none, neither has the formula, nor where the result is not finite. */
export type Formula = { nodeCount: number; evaluate(values: ReadonlyMap<string, number | null>): number | null };

/** Text -> what computes it from the values of `names`. @throws FormulaError */
export type CompileFormula = (text: string, names: ReadonlySet<string>) => Formula;

/** For terms that were looked at and have none: mathjs need not be loaded. */
export const noFormulas: CompileFormula = (text) => {
  throw new Error(`nobody can compute ${text} here`);
};
