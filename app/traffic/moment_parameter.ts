import type { Parameter } from '../http/query/query.js';
import { optional } from '../http/query/query_kinds.js';
import { parseMoment } from './cameras/model/moments.js';

/** A moment with an offset, or a day, which begins at midnight in UTC. In seconds since 1970. */
export function momentParameter(name: string, description: string): Parameter<number | undefined> {
  return optional({
    name,
    description: `${description} ISO 8601 with an offset, or a day: its beginning in UTC.`,
    schema: { type: 'string' },
    read(text, refuse) {
      const seconds = parseMoment(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);
      if (seconds !== undefined) return seconds;
      // A plus sign of an offset is a blank in a query string.
      const repaired = parseMoment(text.replace(/ (?=\d{2}:?\d{2}$)/, '+'));
      if (repaired !== undefined) return repaired;
      refuse({ code: 'WRONG_FORM', detail: 'must be a date and time in ISO 8601 with an offset, or a day' });
      return undefined;
    },
  });
}
