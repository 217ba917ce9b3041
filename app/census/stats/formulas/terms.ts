import type { Refuse } from '../../../http/query/query.js';
import { GROUP_COLUMNS } from '../computing/groups.js';
import type { Measure } from '../computing/measures.js';
import { type CompileFormula, FormulaError, FUNCTIONS, MAX_FORMULA_LENGTH } from './formula_rules.js';

/** `measures`: by the placeholder that replaces each in `source`. `columns`: the preceding ones. */
type FormulaText = {
  kind: 'formula';
  source: string;
  measures: ReadonlyMap<string, Measure>;
  columns: readonly string[];
};

/**
 * A computed column, as data that can be sent to a thread. `weight`: the number of values and operations that one row
 * costs.
 */
export type Term = { column: string; weight: number; what: Measure | FormulaText };

type Told = Parameters<Refuse>[0];

/** `faults`: one for each term that could not be parsed. */
export type ParsedTerms = { terms: readonly Term[]; faults: readonly Told[] };

export const MAX_TERMS = 20;

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,39}$/;
/** A measure; the look-behind excludes the tail of a longer name or number. */
const MEASURE = /(?<![\w.])(?:(mean|min|max|stddev)|p(\d{1,3}(?:\.\d{1,6})?))\s*\(\s*age\s*\)/g;
/** Prefix of the placeholders for measures in a formula; column names cannot begin with it. */
const STAND_IN = '_';
const STAND_IN_NAME = /(?<!\w)_/;
const RESERVED: readonly string[] = [...GROUP_COLUMNS, 'count', 'mean', 'stddev', ...Object.keys(FUNCTIONS)];

/** What is wrong with a term. */
class TermError extends Error {
  readonly told: Told;
  constructor(told: Told) {
    super(told.detail);
    this.told = told;
  }
}

/** `a,min(b,c)` -> `a` and `min(b,c)`. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++;
    if (text[at] === ')') depth--;
    if (text[at] !== ',' || depth > 0) continue;
    terms.push(text.slice(start, at));
    start = at + 1;
  }
  return [...terms, text.slice(start)].map((term) => term.trim());
}

function toMeasure(kind: string | undefined, percentText: string | undefined): Measure {
  if (percentText === undefined) return { kind: (kind ?? 'count') as Exclude<Measure['kind'], 'percentile'> };
  const percent = Number(percentText);
  if (percent > 100)
    throw new TermError({ code: 'OUT_OF_RANGE', detail: `p${percentText}: a percentile goes from 0 to 100` });
  return { kind: 'percentile', percent };
}

function defaultColumn(what: Measure): string {
  if (what.kind === 'count') return 'count';
  return `${what.kind === 'percentile' ? `p${what.percent}` : what.kind}_age`;
}

export function measureTerm(column: string, what: Measure): Term {
  return { column, weight: 1, what };
}

/** The names that a formula may use. */
export function namesOf({ measures, columns }: FormulaText): ReadonlySet<string> {
  return new Set([...measures.keys(), ...columns]);
}

function formulaTerm(column: string, text: string, columns: ReadonlySet<string>, compile: CompileFormula): Term {
  if (text.length > MAX_FORMULA_LENGTH) {
    throw new TermError({
      code: 'TOO_LONG',
      detail: `${column} may have ${MAX_FORMULA_LENGTH} characters behind the =`,
    });
  }
  const measures = new Map<string, Measure>([['count', { kind: 'count' }]]);
  const standIn = (_: string, kind?: string, percent?: string) => {
    const name = `${STAND_IN}${measures.size}`;
    measures.set(name, toMeasure(kind, percent));
    return name;
  };
  if (STAND_IN_NAME.test(text)) {
    throw new TermError({ code: 'WRONG_FORM', detail: `${column}: names begin with a letter` });
  }
  const source = text.replaceAll(MEASURE, standIn);
  const what: FormulaText = { kind: 'formula', source, measures, columns: [...columns] };
  try {
    return { column, weight: compile(source, namesOf(what)).nodeCount, what };
  } catch (reason) {
    if (reason instanceof FormulaError)
      throw new TermError({ code: 'NOT_A_FORMULA', detail: `${column} ${reason.message}` });
    throw reason;
  }
}

function checkColumn(column: string, isNamed: boolean, columns: ReadonlySet<string>): void {
  if (isNamed && !NAME.test(column)) {
    throw new TermError({
      code: 'WRONG_FORM',
      detail: 'a name has up to 40 letters, digits and _, and begins with a letter',
    });
  }
  if (isNamed && RESERVED.includes(column))
    throw new TermError({ code: 'NOT_ALLOWED', detail: `${column} is the name of something else` });
  if (columns.has(column)) throw new TermError({ code: 'NOT_ALLOWED', detail: `${column} must be there once` });
}

/** ` q1 = p25(age)` -> q1 and p25(age); `whole` is `[text, kind, percent]` if the entire body is a measure. */
function splitTerm(text: string): {
  name: string | undefined;
  body: string;
  whole: readonly (string | undefined)[] | undefined;
} {
  const equals = text.indexOf('=');
  const body = text.slice(equals + 1).trim();
  const [measure] = body === 'count' ? [[body]] : body.matchAll(MEASURE);
  return {
    name: equals === -1 ? undefined : text.slice(0, equals).trim(),
    body,
    whole: measure?.[0] === body ? measure : undefined,
  };
}

function parseTerm(text: string, columns: ReadonlySet<string>, compile: CompileFormula): Term {
  const { name, body, whole } = splitTerm(text);
  if (whole === undefined && name === undefined) {
    const known = 'count, mean(age), min(age), max(age), stddev(age) or p95(age); a formula is written name=formula';
    throw new TermError({ code: 'NOT_ALLOWED', detail: `each must be one of ${known}` });
  }
  const what = whole === undefined ? undefined : toMeasure(whole[1], whole[2]);
  const column = name ?? defaultColumn(what as Measure);
  checkColumn(column, name !== undefined, columns);
  return what === undefined ? formulaTerm(column, body, columns, compile) : measureTerm(column, what);
}

/** Whether any term may be a formula: it has a name and its body is not a measure. */
export function hasFormulas(text: string): boolean {
  return splitTerms(text).some((term) => {
    const { name, whole } = splitTerm(term);
    return name !== undefined && whole === undefined;
  });
}

/**
 * `count,q1=p25(age),spread=p75(age)-q1` -> columns, in this order. A term is a measure, or a name, `=`, and a measure
 * or a formula over measures and preceding columns. Each faulty term yields a fault; the others are returned.
 */
export function parseTerms(text: string, compile: CompileFormula): ParsedTerms {
  const texts = splitTerms(text);
  if (texts.length > MAX_TERMS) {
    return { terms: [], faults: [{ code: 'OUT_OF_RANGE', detail: `must have at most ${MAX_TERMS} terms` }] };
  }
  const terms: Term[] = [];
  const faults: Told[] = [];
  const columns = new Set<string>();
  for (const [place, each] of texts.entries()) {
    try {
      const term = parseTerm(each, columns, compile);
      terms.push(term);
      columns.add(term.column);
    } catch (reason) {
      if (!(reason instanceof TermError)) throw reason;
      faults.push({ ...reason.told, detail: `term ${place + 1}: ${reason.told.detail}` });
    }
  }
  return { terms, faults };
}
