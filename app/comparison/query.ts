import { readCursor, readLimit } from '../http/number_page.js';
import { type Query, readOneOf, readParameter } from '../http/query.js';
import { createViolationList, invalidInput } from '../http/violations.js';
import type { ComparedKind } from './repository.js';

export const COMPARED_KINDS: readonly ComparedKind[] = ['came', 'went', 'changed'];
/** What the towns are compared by. */
export const TOWN_VALUES = ['citizens', 'median_age'] as const;
export type TownValue = (typeof TOWN_VALUES)[number];

/** Of the towns in a comparison, and of those that come alone. */
export const FIRST_TOWNS = { default: 10, most: 1_000 };
export const TOWNS = { default: 100, most: 10_000 };
/** 1,000 who changed are 0.5 MB, and 5 ms of work. */
export const CITIZENS = { default: 50, most: 1_000 };

/** `?limit=` of a comparison. @throws ServiceError INVALID_INPUT with pointers below /query, as all these do */
export function parseComparison({ limit }: Query): number {
  const list = createViolationList('Nothing was read.');
  const most = readLimit(limit, FIRST_TOWNS, list);
  if (list.count() > 0) throw invalidInput(list);
  return most;
}

export type TownsAsked = { of: TownValue; limit: number };

/** `?of=&limit=` */
export function parseTowns(query: Query): TownsAsked {
  const list = createViolationList('Nothing was read.');
  const of = readParameter(query, 'of', list, readOneOf(TOWN_VALUES)) ?? 'citizens';
  const limit = readLimit(query['limit'], TOWNS, list);
  if (list.count() > 0) throw invalidInput(list);
  return { of, limit };
}

export type CitizensAsked = { kind: ComparedKind; limit: number; after?: number };

/** `?kind=&limit=&cursor=` */
export function parseCompared(query: Query): CitizensAsked {
  const list = createViolationList('Nothing was read.');
  const kind = readParameter(query, 'kind', list, readOneOf(COMPARED_KINDS)) ?? 'changed';
  const limit = readLimit(query['limit'], CITIZENS, list);
  const after = readCursor(query['cursor'], list);
  if (list.count() > 0) throw invalidInput(list);
  return { kind, limit, ...(after !== undefined && { after }) };
}
