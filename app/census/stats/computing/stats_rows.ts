import type { RowFormat } from '../../../http/answers/row_formats.js';
import { type FlatRows, type FlatValue, writeRows } from '../../../http/answers/write_rows.js';
import type { CompileFormula } from '../formulas/formula_rules.js';
import { namesOf, type Term } from '../formulas/terms.js';
import { type Group, type GroupColumn, groupAges, type ImportAges } from './groups.js';
import { type AgeDistribution, measure } from './measures.js';

/** Which rows are made of ages. */
export type RowsQuery = {
  groupBy: readonly GroupColumn[];
  terms: readonly Term[];
  order?: { column: string; isDescending: boolean };
  /** The first so many rows; missing for all. */
  limit?: number;
};

/** All that rows are made of, as data that any thread may have. `maxWeight`: of values and operations, over all rows. */
export type RowsTask = { query: RowsQuery; imports: readonly ImportAges[]; maxWeight: number; format: RowFormat };

export function computesFormulas({ terms }: RowsQuery): boolean {
  return terms.some(({ what }) => what.kind === 'formula');
}

/** `before`: the values of the columns before it. */
type Compute = (ages: AgeDistribution, before: ReadonlyMap<string, number | null>) => number | null;

function toCompute({ what }: Term, compile: CompileFormula): Compute {
  if (what.kind !== 'formula') return (ages) => measure(ages, what);
  const formula = compile(what.source, namesOf(what));
  return (ages, before) => {
    const values = new Map(before);
    for (const [name, each] of what.measures) values.set(name, measure(ages, each));
    return formula.evaluate(values);
  };
}

/** No value comes last, whichever way. */
function compareValues(one: FlatValue, other: FlatValue, sign: number): number {
  if (one === other) return 0;
  if (one === null || other === null) return one === null ? 1 : -1;
  return one < other ? -sign : sign;
}

/** Rows that are equal stay in the order of their groups. */
function inOrder(flat: FlatRows, { order, limit }: RowsQuery): FlatRows {
  const { columns, rows } = flat;
  const place = order === undefined ? -1 : columns.indexOf(order.column);
  const sign = order?.isDescending ? -1 : 1;
  const sorted =
    place === -1 ? rows : rows.toSorted((a, b) => compareValues(a[place] as FlatValue, b[place] as FlatValue, sign));
  return { columns, rows: sorted.slice(0, limit) };
}

/** A row of each group, in the order that is asked for. O(groups (log groups + weight)). */
export function computeRows(groups: readonly Group[], query: RowsQuery, compile: CompileFormula): FlatRows {
  const { groupBy, terms } = query;
  const computed = terms.map((term) => ({ column: term.column, compute: toCompute(term, compile) }));
  const rows = groups.map(({ values, ages }) => {
    const found = new Map<string, number | null>();
    for (const { column, compute } of computed) found.set(column, compute(ages, found));
    return [...values, ...found.values()];
  });
  return inOrder({ columns: [...groupBy, ...terms.map(({ column }) => column)], rows }, query);
}

/**
 * Ages of imports -> the text of the rows that a question asks for, in pieces, or undefined when they and their formulas
 * would be more than `maxWeight`. O(counts + groups (log groups + weight)), in one go.
 */
export function makeRows(task: RowsTask, compile: CompileFormula): readonly Buffer[] | undefined {
  const { query, imports, maxWeight, format } = task;
  const groups = groupAges(imports, query.groupBy);
  const weight = query.terms.reduce((sum, term) => sum + term.weight, query.groupBy.length);
  if (groups.length * weight > maxWeight) return undefined;
  return writeRows(format, computeRows(groups, query, compile));
}
