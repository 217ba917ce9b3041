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
        'month: the twelve months, `{month, presents, givers}`. citizen: who buys the most in a year, ' +
        '`{citizen_id, name, town, presents}`, the busiest first, among the same in order of ids.',
      words: GROUPINGS,
    }),
    'month',
  ),
  town: citizenText({
    name: 'town',
    description: 'Only presents that are bought by citizens of this town, to the last character.',
  }),
  limit: limitParameter(
    `How many of the busiest, with group_by=citizen alone; ${GIVERS.default} if not said.`,
    GIVERS.max,
  ),
};

/** `limit`: how many of the busiest givers; undefined when months are asked for. */
export type PresentsAsked = { town: string | undefined; limit: number | undefined };

/** @throws ServiceError INVALID_INPUT for a limit of months */
export function toPresentsAsked({ groupBy, town, limit }: QueryValues<typeof PRESENTS_PARAMETERS>): PresentsAsked {
  if (groupBy === 'citizen') return { town, limit: limit ?? GIVERS.default };
  const list = createQueryFaults();
  if (limit !== undefined) {
    const detail = 'has no meaning for the months, of which there are always twelve: ask with group_by=citizen';
    list.add({ pointer: '/query/limit', code: 'NOT_ALLOWED', detail });
  }
  throwIfWrong(list);
  return { town, limit: undefined };
}
