import type { JsonSchema } from '../docs/json_schema.js';
import type { Parameter } from './query.js';
import { optional, wholeNumber, withDefault } from './query_kinds.js';

/** A page of a list in descending order: the items below a number. */
export type NumberPage = { below?: number | undefined; limit: number };

/** Encodes next_cursor, which is opaque to clients. */
function toCursor(place: number): string {
  return Buffer.from(String(place)).toString('base64url');
}

/** The cursor of the next page; null on the last one. */
export function nextCursor(place: number | null): string | null {
  return place === null ? null : toCursor(place);
}

/** Decodes a cursor; undefined if toCursor did not produce it. */
function fromCursor(cursor: string): number | undefined {
  const place = Number(Buffer.from(cursor, 'base64url').toString('latin1'));
  // Number() accepts texts that toCursor never produces, so the result must encode to the same cursor.
  return Number.isSafeInteger(place) && place >= 0 && toCursor(place) === cursor ? place : undefined;
}

/** `?cursor=`, decoded to the number that toCursor encoded. */
export const CURSOR: Parameter<number | undefined> = optional({
  name: 'cursor',
  description: 'The next_cursor of an earlier page.',
  schema: { type: 'string' },
  read(text, refuse) {
    const place = fromCursor(text);
    if (place === undefined) {
      refuse({ code: 'WRONG_FORM', detail: 'must be the unchanged next_cursor of an earlier page' });
    }
    return place;
  },
});

/** `?limit=`; undefined if missing. */
export function limitParameter(description: string, max: number): Parameter<number | undefined> {
  return wholeNumber({ name: 'limit', description, min: 1, max });
}

export type Limits = { default: number; max: number };

/** `?limit=&cursor=` of a paged list, as a NumberPage. `rows` names the items. */
export function pageParameters(rows: string, limits: Limits) {
  return {
    limit: withDefault(limitParameter(`Maximum number of ${rows} per page.`, limits.max), limits.default),
    below: CURSOR,
  };
}

/**
 * The Link header (RFC 8288) of the next page; undefined on the last one. `asked` holds the other parameters of the
 * request.
 */
export function linkToNext(
  path: string,
  asked: Readonly<Record<string, string>>,
  cursor: string | null,
): string | undefined {
  if (cursor === null) return undefined;
  return `<${path}?${new URLSearchParams({ ...asked, cursor })}>; rel="next"`;
}

/** JSON Schema of a page. */
export function pageOf(row: JsonSchema): JsonSchema {
  return {
    type: 'object',
    required: ['data', 'next_cursor'],
    properties: { data: { type: 'array', items: row }, next_cursor: { type: ['string', 'null'] } },
  };
}
