import type { JsonSchema } from '../docs/json_schema.js';
import type { Parameter } from './query.js';
import { optional, wholeNumber, withDefault } from './query_kinds.js';

/** Of a list that goes from high numbers to low: those below a number. */
export type NumberPage = { below?: number | undefined; limit: number };

/** What goes over the wire as next_cursor; it means nothing to the client. */
export function toCursor(place: number): string {
  return Buffer.from(String(place)).toString('base64url');
}

/** The cursor of the next page; null on the last. */
export function nextCursor(place: number | null): string | null {
  return place === null ? null : toCursor(place);
}

/** undefined for what toCursor never writes. */
function fromCursor(cursor: string): number | undefined {
  const place = Number(Buffer.from(cursor, 'base64url').toString('latin1'));
  // Number() takes much that toCursor never writes: it must come out the same.
  return Number.isSafeInteger(place) && place >= 0 && toCursor(place) === cursor ? place : undefined;
}

/** `?cursor=`: what toCursor wrote -> the place that it stands for. */
export const CURSOR: Parameter<number | undefined> = optional({
  name: 'cursor',
  description: 'The next_cursor of an earlier page.',
  schema: { type: 'string' },
  read(text, refuse) {
    const place = fromCursor(text);
    if (place === undefined) {
      refuse({ code: 'WRONG_FORM', detail: 'must be the next_cursor of an earlier page, as it was given' });
    }
    return place;
  },
});

/** `?limit=`; undefined when it is not given. */
export function limitParameter(description: string, max: number): Parameter<number | undefined> {
  return wholeNumber({ name: 'limit', description, min: 1, max });
}

export type Limits = { default: number; max: number };

/** `?limit=&cursor=` of a list in pages, as a NumberPage. `rows`: what a page has, in words. */
export function pageParameters(rows: string, limits: Limits) {
  return {
    limit: withDefault(limitParameter(`How many ${rows} a page has.`, limits.max), limits.default),
    below: CURSOR,
  };
}

/**
 * The header Link (RFC 8288) that leads to the next page; undefined on the last. `asked`: the parameters of the request
 * but the cursor.
 */
export function linkToNext(
  path: string,
  asked: Readonly<Record<string, string>>,
  cursor: string | null,
): string | undefined {
  if (cursor === null) return undefined;
  return `<${path}?${new URLSearchParams({ ...asked, cursor })}>; rel="next"`;
}

/** The schema of a page. */
export function pageOf(row: JsonSchema): JsonSchema {
  return {
    type: 'object',
    required: ['data', 'next_cursor'],
    properties: { data: { type: 'array', items: row }, next_cursor: { type: ['string', 'null'] } },
  };
}
