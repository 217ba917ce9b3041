import type { Query } from './query.js';
import type { JsonSchema, OptionalParameter } from './route.js';
import { createViolationList, invalidInput, type ViolationList } from './violations.js';

/** Of a list that goes from high numbers to low: those below a number. */
export type NumberPage = { below?: number | undefined; limit: number };

/** What goes over the wire as next_cursor; it means nothing to the client. */
export function toCursor(place: number): string {
  return Buffer.from(String(place)).toString('base64url');
}

/** undefined for what is no cursor of ours. */
function fromCursor(cursor: unknown): number | undefined {
  if (typeof cursor !== 'string') return undefined;
  const place = Number(Buffer.from(cursor, 'base64url').toString('latin1'));
  // Number() takes much that toCursor never writes: it must come out the same.
  return Number.isSafeInteger(place) && place >= 0 && toCursor(place) === cursor ? place : undefined;
}

/** Reads `?limit=` and adds what is wrong with it to the list; then the answer is of no use. */
export function readLimit(limit: Query[string], known: { default: number; most: number }, list: ViolationList): number {
  if (limit === undefined) return known.default;
  const isWhole = typeof limit === 'string' && /^[1-9]\d{0,4}$/.test(limit);
  if (isWhole && Number(limit) <= known.most) return Number(limit);
  const detail = `must be one whole number from 1 to ${known.most}`;
  list.add({ pointer: '/query/limit', code: 'OUT_OF_RANGE', detail });
  return known.default;
}

/** The same of `?cursor=`, for what toCursor wrote. */
export function readCursor(cursor: Query[string], list: ViolationList): number | undefined {
  if (cursor === undefined) return undefined;
  const place = fromCursor(cursor);
  if (place === undefined) {
    const detail = 'must be the next_cursor of an earlier page, as it was given';
    list.add({ pointer: '/query/cursor', code: 'WRONG_FORM', detail });
  }
  return place;
}

/** `?limit=&cursor=` of a list that goes from high numbers to low. @throws ServiceError INVALID_INPUT */
export function parseNumberPage({ limit, cursor }: Query, known: { default: number; most: number }): NumberPage {
  const list = createViolationList('Nothing was read.');
  const page = { limit: readLimit(limit, known, list), below: readCursor(cursor, list) };
  if (list.count() > 0) throw invalidInput(list);
  return page;
}

/** How the parameters of a list in pages are described. `rows`: what a page has, in words. */
export function pageParameters(rows: string, limits: { default: number; most: number }): OptionalParameter[] {
  return [
    {
      name: 'limit',
      description: `How many ${rows} a page has; ${limits.default} if not said.`,
      schema: { type: 'integer', minimum: 1, maximum: limits.most },
    },
    { name: 'cursor', description: 'The next_cursor of an earlier page.', schema: { type: 'string' } },
  ];
}

/** The schema of a page. */
export function pageOf(row: JsonSchema): JsonSchema {
  return {
    type: 'object',
    required: ['data', 'next_cursor'],
    properties: { data: { type: 'array', items: row }, next_cursor: { type: ['string', 'null'] } },
  };
}
