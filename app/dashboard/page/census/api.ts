import { type Answer, ask, withQuery } from '../shared/http_client.js';

/** The service's API as the page uses it: a function an answer. All throw ApiError. */

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
/** Who came or went, as they are there; who changed, as they were and are. */
export type ComparedCitizen = Citizen | { citizen_id: number; before: Citizen; after: Citizen };
/** What towns are compared by. */
export type TownValue = 'median_age' | 'citizens';
/** A town in two imports; null where it has no such value. */
export type TownShift = { town: string; before: number | null; after: number | null; shift: number | null };

type Signal = AbortSignal | undefined;
const withSignal = (signal: Signal) => (signal ? { signal } : {});

async function readData<Data>(path: string, signal: Signal): Promise<Data> {
  return (await ask<{ data: Data }>(path, withSignal(signal))).body.data;
}

/** `/imports/12`, the beginning of all that is about one import. */
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

/** A page of citizens, with the ETag of the page. */
export function readCitizens(
  importId: number,
  { filters, cursor, limit }: CitizensWanted,
  signal?: AbortSignal,
): Promise<Answer<Page<Citizen>>> {
  const path = withQuery(`${importPath(importId)}/citizens`, { ...filters, limit, cursor });
  return ask(path, withSignal(signal));
}

/** A citizen with the ETag that a change of it names in If-Match. */
export async function readCitizen(importId: number, citizenId: number): Promise<Answer<Citizen>> {
  const { body, etag } = await ask<{ data: Citizen }>(`${importPath(importId)}/citizens/${citizenId}`);
  return { body: body.data, etag };
}

/** Changes a citizen, only if `etag` is still that of what is stored. */
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

/** The import that was, and the one that is compared with it. */
export type Pair = readonly [before: number, after: number];

function pairPath([before, after]: Pair): string {
  return `${importPath(before)}/compare/${after}`;
}

export function readComparison(pair: Pair, signal?: AbortSignal): Promise<Comparison> {
  return readData(pairPath(pair), signal);
}

/** What moved less than so many others is not looked at by people. */
const MAX_TOWNS = 10_000;

/** Those whose value moved most first. */
export function readTownShifts(pair: Pair, of: TownValue, signal?: AbortSignal): Promise<TownShift[]> {
  return readData(withQuery(`${pairPath(pair)}/towns`, { of, limit: MAX_TOWNS }), signal);
}

export type ComparedWanted = { kind: ComparisonKind; cursor: string | undefined };

/** A page of the citizens that came, went or changed; where few did, the service answers pages of none until there is one. */
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
