import { createViolationList, invalidInput } from '../http/violations.js';
import type { CitizenRange } from './repository.js';

/** 0.5 ms of the TX thread, and 2 MB of answer. */
export const MOST_LIMIT = 10_000;
/** For who sends a cursor alone. */
export const DEFAULT_LIMIT = 1_000;

/** The page that a request asks for. */
export type ListPage = CitizenRange & { limit: number };

type Query = { readonly [name: string]: string | readonly string[] | undefined };

/** The place behind a citizen -> what the client sends to go on there. It means nothing to the client. */
export function toCursor(citizenId: number): string {
  return Buffer.from(String(citizenId)).toString('base64url');
}

/** undefined for what is no cursor of ours. */
function fromCursor(cursor: unknown): number | undefined {
  if (typeof cursor !== 'string') return undefined;
  const citizenId = Number(Buffer.from(cursor, 'base64url').toString('latin1'));
  // Number() takes much that toCursor never writes: it must come out the same.
  return Number.isSafeInteger(citizenId) && citizenId >= 0 && toCursor(citizenId) === cursor ? citizenId : undefined;
}

function toLimit(limit: unknown): number | undefined {
  const isWhole = typeof limit === 'string' && /^[1-9]\d{0,4}$/.test(limit);
  return isWhole && Number(limit) <= MOST_LIMIT ? Number(limit) : undefined;
}

/**
 * `?limit=&cursor=` -> the page; undefined when neither is there: then the whole list is meant.
 * @throws ServiceError INVALID_INPUT with pointers /query/limit and /query/cursor
 */
export function parseListPage({ limit, cursor }: Query): ListPage | undefined {
  if (limit === undefined && cursor === undefined) return undefined;
  const list = createViolationList('Nothing was read.');
  const most = limit === undefined ? DEFAULT_LIMIT : toLimit(limit);
  const after = cursor === undefined ? undefined : fromCursor(cursor);
  if (most === undefined) {
    const detail = `must be one whole number from 1 to ${MOST_LIMIT}`;
    list.add({ pointer: '/query/limit', code: 'OUT_OF_RANGE', detail });
  }
  if (cursor !== undefined && after === undefined) {
    const detail = 'must be the next_cursor of an earlier page, as it was given';
    list.add({ pointer: '/query/cursor', code: 'WRONG_FORM', detail });
  }
  if (most === undefined || list.count() > 0) throw invalidInput(list);
  return { limit: most, ...(after !== undefined && { after }) };
}
