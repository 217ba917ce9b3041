import type { Parameter } from '../http/query/query.js';
import { optional } from '../http/query/query_kinds.js';

/** The place of a row in a list: the moment by which the list is ordered, and the row's id or number. */
export type Place<Id extends string | number> = readonly [at: number, id: Id];

/** The next_cursor of a page, which is opaque to clients; null at the end. */
export function toCursor(place: Place<string | number> | null): string | null {
  return place === null ? null : Buffer.from(JSON.stringify(place)).toString('base64url');
}

function fromCursor(cursor: string): unknown {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('latin1'));
    // The text must be what toCursor writes.
    return Array.isArray(place) && toCursor(place as never) === cursor ? place : undefined;
  } catch {
    return undefined;
  }
}

/** `?cursor=` of a list whose rows have ids of this type. */
export function placeParameter<Id extends string | number>(idType: Id extends string ? 'string' : 'number') {
  const isPlace = (place: unknown): place is Place<Id> =>
    Array.isArray(place) && place.length === 2 && typeof place[0] === 'number' && typeof place[1] === idType;
  const parameter: Parameter<Place<Id> | undefined> = optional({
    name: 'cursor',
    description: 'The next_cursor of an earlier page.',
    schema: { type: 'string' },
    read(text, refuse) {
      const place = fromCursor(text);
      if (isPlace(place)) return place;
      refuse({ code: 'WRONG_FORM', detail: 'must be the unchanged next_cursor of an earlier page' });
      return undefined;
    },
  });
  return parameter;
}
