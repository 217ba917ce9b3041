import { limitParameter } from '../../http/query/number_page.js';
import { createQueryFaults, type QueryValues, throwIfWrong } from '../../http/query/query.js';
import { citizenText, oneOf, withDefault } from '../../http/query/query_kinds.js';

const GROUPINGS = ['month', 'citizen'] as const;
const GIVERS = { default: 10, max: 1_000 };

export const PRESENTS_PARAMETERS = {
  groupBy: withDefault(
    oneOf({
      name: 'group_by',
      description:
        'month: the twelve months, `{month, presents, givers}`. citizen: the citizens who buy the most in a year, ' +
        '`{citizen_id, name, town, presents}`, the busiest first, equals in order of ids.',
      words: GROUPINGS,
    }),
    'month',
  ),
  town: citizenText({
    name: 'town',
    description: 'Only presents bought by citizens of this town; the name must match exactly.',
  }),
  limit: limitParameter(`How many citizens, only with group_by=citizen; ${GIVERS.default} by default.`, GIVERS.max),
};

/** `limit`: how many givers; undefined for the months. */
export type PresentsAsked = { town: string | undefined; limit: number | undefined };

/** @throws ServiceError INVALID_INPUT when months are asked for with a limit */
export function toPresentsAsked({ groupBy, town, limit }: QueryValues<typeof PRESENTS_PARAMETERS>): PresentsAsked {
  if (groupBy === 'citizen') return { town, limit: limit ?? GIVERS.default };
  const list = createQueryFaults();
  if (limit !== undefined) {
    const detail = 'is allowed only with group_by=citizen: there are always twelve months';
    list.add({ pointer: '/query/limit', code: 'NOT_ALLOWED', detail });
  }
  throwIfWrong(list);
  return { town, limit: undefined };
}
