/**
 * The fields of a citizen, in the order of JSON, of CSV and of a stored tuple, which has the import's id before them
 * (tarantool/migrations/001_citizens.lua).
 */
export const CITIZEN_FIELDS = [
  'citizen_id',
  'town',
  'street',
  'building',
  'apartment',
  'name',
  'birth_date',
  'gender',
  'relatives',
] as const;

/** The length of a stored tuple. */
export const TUPLE_FIELDS = CITIZEN_FIELDS.length + 1;
