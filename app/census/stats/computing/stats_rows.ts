import type { RowFormat } from '../../../http/answers/row_formats.js';
import { type FlatRows, type FlatValue, writeRows } from '../../../http/answers/write_rows.js';
import type { CompileFormula } from '../formulas/formula_rules.js';
import { namesOf, type Term } from '../formulas/terms.js';
import { type Group, type GroupColumn, groupAges, type ImportAges } from './groups.js';
import { type AgeDistribution, measure } from './measures.js';

/** The rows to compute from ages. */
export type RowsQuery = {
  groupBy: readonly GroupColumn[];
  terms: readonly Term[];
  order?: { column: string; isDescending: boolean };
  /** Maximum number of rows; missing for all. */
  limit?: number;
};

/** The input of makeRows, transferable to a thread. `maxWeight`: limit of values and operations over all rows. */
export type RowsTask = { query: RowsQuery; imports: readonly ImportAges[]; maxWeight: number; format: RowFormat };

export function computesFormulas({ terms }: RowsQuery): boolean {
  return terms.some(({ what }) => what.kind === 'formula');
}

/** `before`: the values of the preceding columns. */
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

/** Nulls sort last in either direction. */
function compareValues(one: FlatValue, other: FlatValue, sign: number): number {
  if (one === other) return 0;
  if (one === null || other === null) return one === null ? 1 : -1;
  return one < other ? -sign : sign;
}

/** Equal rows keep the order of their groups. */
function inOrder(flat: FlatRows, { order, limit }: RowsQuery): FlatRows {
  const { columns, rows } = flat;
  const place = order === undefined ? -1 : columns.indexOf(order.column);
  const sign = order?.isDescending ? -1 : 1;
  const sorted =
    place === -1 ? rows : rows.toSorted((a, b) => compareValues(a[place] as FlatValue, b[place] as FlatValue, sign));
  return { columns, rows: sorted.slice(0, limit) };
}

/** Computes a row for each group, in the requested order. O(groups (log groups + weight)). */
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
 * The text of the rows that a query asks for, in pieces, or undefined when they and their formulas would exceed
 * `maxWeight`. Synchronous. O(counts + groups (log groups + weight)).
 */
export function makeRows(task: RowsTask, compile: CompileFormula): readonly Buffer[] | undefined {
  const { query, imports, maxWeight, format } = task;
  const groups = groupAges(imports, query.groupBy);
  const weight = query.terms.reduce((sum, term) => sum + term.weight, query.groupBy.length);
  if (groups.length * weight > maxWeight) return undefined;
  return writeRows(format, computeRows(groups, query, compile));
}
