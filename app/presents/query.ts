import { readLimit } from '../http/number_page.js';
import { type Query, readOneOf, readParameter, readText } from '../http/query.js';
import { createViolationList, invalidInput } from '../http/violations.js';

export const GROUPINGS = ['month', 'citizen'] as const;
export const GIVERS = { default: 10, most: 1_000 };

/** `limit`: how many of the busiest givers; missing when months are asked for. */
export type PresentsAsked = { town: string | undefined; limit: number | undefined };

/** `?group_by=&town=&limit=` @throws ServiceError INVALID_INPUT with pointers below /query */
export function parsePresents(query: Query): PresentsAsked {
  const list = createViolationList('Nothing was read.');
  const groupBy = readParameter(query, 'group_by', list, readOneOf(GROUPINGS)) ?? 'month';
  const town = readParameter(query, 'town', list, readText);
  const limit = readLimit(query['limit'], GIVERS, list);
  if (groupBy === 'month' && query['limit'] !== undefined && list.count() === 0) {
    const detail = 'has no meaning for the months, of which there are always twelve: ask with group_by=citizen';
    list.add({ pointer: '/query/limit', code: 'NOT_ALLOWED', detail });
  }
  if (list.count() > 0) throw invalidInput(list);
  return { town, limit: groupBy === 'month' ? undefined : limit };
}
