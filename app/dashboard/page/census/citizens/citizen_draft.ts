import type { Citizen } from '../api.js';

/** The fields that can be changed, in the order in which they are shown. */
export const FIELDS = ['name', 'town', 'street', 'building', 'apartment', 'birth_date', 'gender', 'relatives'] as const;
export type Field = (typeof FIELDS)[number];

/** A citizen as somebody writes it: what is right and what is not, to the letter. */
export type Draft = Readonly<Record<Field, string>>;

export function toDraft(citizen: Citizen): Draft {
  const texts = FIELDS.map((field) => [
    field,
    field === 'relatives' ? citizen.relatives.join('; ') : String(citizen[field]),
  ]);
  return Object.fromEntries(texts) as Draft;
}

/** What is no whole number stays a text, so that the service says what is wrong with it, as with everything else. */
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

/** Relatives are a set: their order means nothing. */
function isSame(field: Field, one: string, other: string): boolean {
  return field === 'relatives' ? sameRelatives(one, other) : one === other;
}

/** The fields in which two differ. */
export function differences(one: Draft, other: Draft): Field[] {
  return FIELDS.filter((field) => !isSame(field, one[field], other[field]));
}

/** What to send: the fields that are not as in `base`. */
export function toChanges(draft: Draft, base: Draft): Partial<Citizen> {
  return Object.fromEntries(differences(draft, base).map((field) => [field, toValue(field, draft[field])]));
}

/**
 * What becomes of a draft that was begun on `base` when `stored` is there now: fields that the writer left alone follow
 * what is stored, and those that both changed, each in another way, are in conflict and keep the writer's value.
 */
export function mergeDraft(draft: Draft, base: Draft, stored: Draft): { draft: Draft; conflicts: Field[] } {
  const mine = new Set(differences(draft, base));
  const theirs = differences(stored, base);
  const merged = Object.fromEntries(FIELDS.map((field) => [field, mine.has(field) ? draft[field] : stored[field]]));
  const conflicts = theirs.filter((field) => mine.has(field) && !isSame(field, draft[field], stored[field]));
  return { draft: merged as Draft, conflicts };
}
