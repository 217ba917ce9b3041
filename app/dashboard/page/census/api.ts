import { type Answer, ask, withQuery } from '../shared/http_client.js';

/** The API of the service as the page uses it. All functions throw ApiError. */

export type Citizen = {
  citizen_id: number;
  town: string;
  street: string;
  building: string;
  apartment: number;
  name: string;
  birth_date: string;
  gender: 'male' | 'female';
  relatives: number[];
};
export type ImportInfo = {
  import_id: number;
  state: 'staging' | 'published';
  citizens: number;
  bytes: number | null;
  created_at: string;
  published_at: string | null;
  version?: number;
};
export type TownPercentiles = { town: string; p50: number; p75: number; p99: number };
export type MonthPresents = { month: number; presents: number; givers: number };
export type AgeCount = { age: number; citizens: number };
export type Page<Row> = { data: Row[]; next_cursor: string | null };
export type CitizenFilters = {
  town?: string;
  gender?: string;
  born_from?: string;
  born_to?: string;
  name_prefix?: string;
};
export type ComparisonKind = 'came' | 'went' | 'changed';
export type Comparison = Record<ComparisonKind | 'same', number>;
/** A citizen of one import only, or a changed one before and after. */
export type ComparedCitizen = Citizen | { citizen_id: number; before: Citizen; after: Citizen };
/** The measures by which towns can be compared. */
export type TownValue = 'median_age' | 'citizens';
/** A town in two imports; null where it has no such value. */
export type TownShift = { town: string; before: number | null; after: number | null; shift: number | null };

type Signal = AbortSignal | undefined;
const withSignal = (signal: Signal) => (signal ? { signal } : {});

async function readData<Data>(path: string, signal: Signal): Promise<Data> {
  return (await ask<{ data: Data }>(path, withSignal(signal))).body.data;
}

/** `/imports/12`: the common start of all paths of an import. */
export function importPath(importId: number): string {
  return `/imports/${importId}`;
}

export async function readImports(cursor: string | undefined, signal?: AbortSignal): Promise<Page<ImportInfo>> {
  return (await ask<Page<ImportInfo>>(withQuery('/imports', { limit: 50, cursor }), withSignal(signal))).body;
}

export function readImport(importId: number, signal?: AbortSignal): Promise<ImportInfo> {
  return readData(importPath(importId), signal);
}

export async function deleteImport(importId: number): Promise<void> {
  await ask(importPath(importId), { method: 'DELETE' });
}

export function readTowns(importId: number, signal?: AbortSignal): Promise<TownPercentiles[]> {
  return readData(`${importPath(importId)}/towns/stat/percentile/age`, signal);
}

/** The twelve months in order. */
export function readPresents(importId: number, signal?: AbortSignal): Promise<MonthPresents[]> {
  return readData(withQuery(`${importPath(importId)}/presents`, { group_by: 'month' }), signal);
}

export function readAges(importId: number, signal?: AbortSignal): Promise<AgeCount[]> {
  return readData(`${importPath(importId)}/ages`, signal);
}

export type CitizensWanted = { filters: CitizenFilters; cursor: string | undefined; limit: number };

/** A page of citizens and its ETag. */
export function readCitizens(
  importId: number,
  { filters, cursor, limit }: CitizensWanted,
  signal?: AbortSignal,
): Promise<Answer<Page<Citizen>>> {
  const path = withQuery(`${importPath(importId)}/citizens`, { ...filters, limit, cursor });
  return ask(path, withSignal(signal));
}

/** A citizen and its ETag, which a change sends in If-Match. */
export async function readCitizen(importId: number, citizenId: number): Promise<Answer<Citizen>> {
  const { body, etag } = await ask<{ data: Citizen }>(`${importPath(importId)}/citizens/${citizenId}`);
  return { body: body.data, etag };
}

/** Changes a citizen if `etag` is still current. */
export async function patchCitizen(
  importId: number,
  citizenId: number,
  changes: Partial<Citizen>,
  etag: string | undefined,
): Promise<Answer<Citizen>> {
  const answer = await ask<{ data: Citizen }>(`${importPath(importId)}/citizens/${citizenId}`, {
    method: 'PATCH',
    headers: etag === undefined ? {} : { 'If-Match': etag },
    body: changes,
  });
  return { body: answer.body.data, etag: answer.etag };
}

/** The earlier import and the one compared with it. */
export type Pair = readonly [before: number, after: number];

function pairPath([before, after]: Pair): string {
  return `${importPath(before)}/compare/${after}`;
}

export function readComparison(pair: Pair, signal?: AbortSignal): Promise<Comparison> {
  return readData(pairPath(pair), signal);
}

/** Nobody reads further down a list sorted by the size of the shift. */
const MAX_TOWNS = 10_000;

/** Towns in descending order of their shift. */
export function readTownShifts(pair: Pair, of: TownValue, signal?: AbortSignal): Promise<TownShift[]> {
  return readData(withQuery(`${pairPath(pair)}/towns`, { of, limit: MAX_TOWNS }), signal);
}

type ComparedWanted = { kind: ComparisonKind; cursor: string | undefined };

/**
 * A page of citizens that came, went or changed. If there are few, the service may return empty pages before the next
 * one.
 */
export async function readCompared(
  pair: Pair,
  { kind, cursor }: ComparedWanted,
  signal?: AbortSignal,
): Promise<Page<ComparedCitizen>> {
  let page: Page<ComparedCitizen> = { data: [], next_cursor: cursor ?? '' };
  do {
    const path = withQuery(`${pairPath(pair)}/citizens`, { kind, limit: 50, cursor: page.next_cursor ?? '' });
    page = (await ask<Page<ComparedCitizen>>(path, withSignal(signal))).body;
  } while (page.data.length === 0 && page.next_cursor !== null);
  return page;
}
