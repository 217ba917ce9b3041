/** What a field of a record may be. */
export const FIELD_TYPES = ['str', 'int', 'float', 'bool', 'uuid', 'datetime', 'dict'] as const;

type FieldType = (typeof FIELD_TYPES)[number];

/** `required`: true when absent. `fields`: of a dict. */
export type Field = {
  readonly key: string;
  readonly type: FieldType;
  readonly required?: boolean;
  readonly pattern?: string;
  readonly min_length?: number;
  readonly max_length?: number;
  readonly ge?: number;
  readonly le?: number;
  readonly enum?: readonly (string | number)[];
  readonly fields?: readonly Field[];
};

/** What a case is made of, in the order in which faults are reported. */
export const CASE_MEMBERS = [
  'transport',
  'camera_id',
  'violation_id',
  'violation_value',
  'skill_value',
  'timestamp',
] as const;

export type CaseMember = (typeof CASE_MEMBERS)[number];

/** The shape of records, and a JSONata expression for each member of a case. */
export type Definition = {
  readonly fields: readonly Field[];
  readonly case: Readonly<Record<CaseMember, string>>;
};

/** The top level is the first. */
export const MAX_DEPTH = 8;
/** On all levels together. */
export const MAX_FIELDS = 200;
/** UTF-16 units. */
export const MAX_PATTERN_LENGTH = 256;
export const MAX_EXPRESSION_LENGTH = 2_000;
