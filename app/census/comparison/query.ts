import { CURSOR, type Limits, limitParameter } from '../../http/query/number_page.js';
import type { QueryValues } from '../../http/query/query.js';
import { oneOf, withDefault } from '../../http/query/query_kinds.js';
import type { ComparedKind } from './repository.js';

const COMPARED_KINDS: readonly ComparedKind[] = ['came', 'went', 'changed'];
/** The value by which towns are compared. */
const TOWN_VALUES = ['citizens', 'median_age'] as const;
export type TownValue = (typeof TOWN_VALUES)[number];

/** Limits for the towns within a comparison, and for the list of towns alone. */
const FIRST_TOWNS = { default: 10, max: 1_000 };
const TOWNS = { default: 100, max: 10_000 };
/** 1,000 changed citizens take 0.5 MB and 5 ms. */
const CITIZENS = { default: 50, max: 1_000 };

function limitOf(rows: string, { default: usual, max }: Limits) {
  return withDefault(limitParameter(`How many ${rows}.`, max), usual);
}

export const COMPARISON_PARAMETERS = { townLimit: limitOf('towns', FIRST_TOWNS) };

export const TOWNS_PARAMETERS = {
  of: withDefault(
    oneOf({
      name: 'of',
      description:
        'What is compared: how many citizens a town has (0 where it is not), or the median of their full years on ' +
        'today’s date in UTC (null where it is not).',
      words: TOWN_VALUES,
    }),
    'citizens',
  ),
  limit: limitOf('towns', TOWNS),
};
export type TownsAsked = QueryValues<typeof TOWNS_PARAMETERS>;

export const CITIZENS_PARAMETERS = {
  kind: withDefault(
    oneOf({
      name: 'kind',
      description: 'came: as they are in the second import. went: as they were in the first. changed: both.',
      words: COMPARED_KINDS,
    }),
    'changed',
  ),
  limit: limitOf('citizens a page has', CITIZENS),
  after: CURSOR,
};
export type CitizensAsked = QueryValues<typeof CITIZENS_PARAMETERS>;
