import type { Citizen } from '../api.js';

/** Editable fields in the order of display. */
export const FIELDS = ['name', 'town', 'street', 'building', 'apartment', 'birth_date', 'gender', 'relatives'] as const;
export type Field = (typeof FIELDS)[number];

/** A citizen being edited: the texts as typed, valid or not. */
export type Draft = Readonly<Record<Field, string>>;

export function toDraft(citizen: Citizen): Draft {
  const texts = FIELDS.map((field) => [
    field,
    field === 'relatives' ? citizen.relatives.join('; ') : String(citizen[field]),
  ]);
  return Object.fromEntries(texts) as Draft;
}

/** A text that is not an integer is sent unchanged, so that the service reports the fault like any other. */
function toNumber(text: string): number | string {
  return /^\d+$/.test(text.trim()) ? Number(text) : text;
}

function toValue(field: Field, text: string): unknown {
  if (field === 'apartment') return toNumber(text);
  if (field !== 'relatives') return text;
  return text
    .split(/[;,\s]+/)
    .filter((part) => part !== '')
    .map(toNumber);
}

function sameRelatives(one: string, other: string): boolean {
  const inOrder = (text: string) => String((toValue('relatives', text) as unknown[]).map(String).sort());
  return inOrder(one) === inOrder(other);
}

/** Relatives are a set: their order is irrelevant. */
function isSame(field: Field, one: string, other: string): boolean {
  return field === 'relatives' ? sameRelatives(one, other) : one === other;
}

/** The fields in which two drafts differ. */
export function differences(one: Draft, other: Draft): Field[] {
  return FIELDS.filter((field) => !isSame(field, one[field], other[field]));
}

/** The request body: the fields that differ from `base`. */
export function toChanges(draft: Draft, base: Draft): Partial<Citizen> {
  return Object.fromEntries(differences(draft, base).map((field) => [field, toValue(field, draft[field])]));
}

/**
 * Merges a draft that is based on `base` with the citizen stored now. Fields that the user has not changed take the
 * stored value; fields changed differently by both are conflicts and keep the user's value.
 */
export function mergeDraft(draft: Draft, base: Draft, stored: Draft): { draft: Draft; conflicts: Field[] } {
  const mine = new Set(differences(draft, base));
  const theirs = differences(stored, base);
  const merged = Object.fromEntries(FIELDS.map((field) => [field, mine.has(field) ? draft[field] : stored[field]]));
  const conflicts = theirs.filter((field) => mine.has(field) && !isSame(field, draft[field], stored[field]));
  return { draft: merged as Draft, conflicts };
}
