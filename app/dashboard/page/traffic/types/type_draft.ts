import { CASE_MEMBERS, type CaseMember, type Definition, FIELD_TYPES, type Field, type FieldType } from './api.js';

const NUMBERS = ['min_length', 'max_length', 'ge', 'le'] as const;
type NumberOption = (typeof NUMBERS)[number];
export type FieldOption = NumberOption | 'pattern' | 'enum';

/** A field as it is written in the form. `id` tells it from its neighbours while it is edited. */
export type FieldDraft = Record<FieldOption | 'key', string> & {
  id: number;
  type: FieldType;
  isRequired: boolean;
  fields: FieldDraft[];
};

export type TypeDraft = { fields: FieldDraft[]; case: Record<CaseMember, string> };

const TEXT_OPTIONS: readonly FieldOption[] = ['pattern', 'min_length', 'max_length', 'enum'];
const NUMBER_OPTIONS: readonly FieldOption[] = ['ge', 'le', 'enum'];

/** The options that a kind of field takes; those of others are not sent. */
export const OPTIONS_OF: Readonly<Record<FieldType, readonly FieldOption[]>> = {
  str: TEXT_OPTIONS,
  int: NUMBER_OPTIONS,
  float: NUMBER_OPTIONS,
  bool: [],
  uuid: [],
  datetime: [],
  dict: [],
};

let lastId = 0;

export function newField(): FieldDraft {
  const options = { pattern: '', min_length: '', max_length: '', ge: '', le: '', enum: '' };
  return { id: ++lastId, key: '', type: 'str', isRequired: true, ...options, fields: [] };
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}

function toFieldDraft(given: Partial<Field>): FieldDraft {
  const field = given ?? {};
  return {
    ...newField(),
    key: textOf(field.key),
    type: FIELD_TYPES.find((type) => type === field.type) ?? 'str',
    isRequired: field.required !== false,
    pattern: textOf(field.pattern),
    ...(Object.fromEntries(NUMBERS.map((name) => [name, textOf(field[name])])) as Record<NumberOption, string>),
    enum: Array.isArray(field.enum) ? field.enum.join('\n') : '',
    fields: toFieldDrafts(field.fields),
  };
}

function toFieldDrafts(fields: unknown): FieldDraft[] {
  return Array.isArray(fields) ? fields.map(toFieldDraft) : [];
}

/** The form of a definition, which may come from a person: what the form cannot show is left out. */
export function toDraft(definition: Partial<Definition> | undefined): TypeDraft {
  const members = definition?.case as Partial<Definition['case']> | undefined;
  return {
    fields: toFieldDrafts(definition?.fields),
    case: Object.fromEntries(CASE_MEMBERS.map((name) => [name, textOf(members?.[name])])) as TypeDraft['case'],
  };
}

/** A number, or the text as it is, of which the service reports the fault. */
function readNumber(text: string): number | string {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

function optionOf(draft: FieldDraft, option: FieldOption): Partial<Field> {
  const text = draft[option].trim();
  if (text === '') return {};
  if (option === 'pattern') return { pattern: draft.pattern };
  if (option !== 'enum') return { [option]: readNumber(text) };
  const lines = draft.enum.split('\n').filter((line) => line.trim() !== '');
  return { enum: draft.type === 'str' ? lines : lines.map((line) => readNumber(line.trim())) };
}

function toField(draft: FieldDraft): Field {
  const options = OPTIONS_OF[draft.type].map((option) => optionOf(draft, option));
  return {
    key: draft.key.trim(),
    type: draft.type,
    ...(!draft.isRequired && { required: false }),
    ...Object.assign({}, ...options),
    ...(draft.type === 'dict' && { fields: draft.fields.map(toField) }),
  };
}

/** The request body for a form. */
export function toDefinition(draft: TypeDraft): Definition {
  return { fields: draft.fields.map(toField), case: draft.case };
}
