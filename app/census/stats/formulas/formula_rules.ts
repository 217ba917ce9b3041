/** More than formulas over a few columns need. The parser recurses at most once per character. */
export const MAX_FORMULA_LENGTH = 200;
export const MAX_FORMULA_NODES = 64;
export const MAX_FORMULA_DEPTH = 32;

/** The functions a formula may call, with the number of their arguments. */
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

/** Refusal of a formula. `message` continues a sentence that begins with the formula. */
export class FormulaError extends Error {}

/** `evaluate` returns null if a name used in the formula has no value, or if the result is not finite. */
export type Formula = { nodeCount: number; evaluate(values: ReadonlyMap<string, number | null>): number | null };

/** Compiles a formula over `names`. @throws FormulaError */
export type CompileFormula = (text: string, names: ReadonlySet<string>) => Formula;

/** Used for terms known to contain no formulas, so that mathjs need not be loaded. */
export const noFormulas: CompileFormula = (text) => {
  throw new Error(`nobody can compute ${text} here`);
};
