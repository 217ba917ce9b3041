/**
 * Values that the service has returned, by name: ids, cursors, tags. Requests use them, so that many refer to stored
 * data.
 */
export type Pool = {
  /** A value stored under a name, selected by `pick`. Undefined while there is none. */
  take(name: string, pick: number): string | undefined;
  /** Stores the members of an answer's JSON under their names, and its ETag for conditional headers. */
  learn(json: unknown, etag?: string): void;
  /** Removes values by name after the objects they name were deleted. */
  forget(deleted: Readonly<Record<string, string>>): void;
  /** All values stored under a name. */
  forgetAll(name: string): void;
  count(name: string): number;
};

const MAX_VALUES = 60;
/** Only the first items of a long list are read. */
const MAX_ITEMS = 5;
const MAX_DEPTH = 6;

/** Parameters whose name differs from that of the members with their values. */
const SOURCES: Readonly<Record<string, string>> = {
  other_id: 'import_id',
  imports: 'import_id',
  cursor: 'next_cursor',
  name_prefix: 'name',
  born_from: 'birth_date',
  born_to: 'birth_date',
  'if-match': 'etag',
  'if-none-match': 'etag',
};

export function createPool(): Pool {
  const values = new Map<string, string[]>();
  const sourceOf = (name: string) => SOURCES[name.toLowerCase()] ?? name;

  function keep(name: string, value: string): void {
    const known = values.get(name) ?? [];
    values.set(name, known);
    if (known.includes(value)) return;
    known.push(value);
    if (known.length > MAX_VALUES) known.shift();
  }

  function walk(value: unknown, depth: number): void {
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return;
    if (Array.isArray(value)) {
      for (const item of value.slice(0, MAX_ITEMS)) walk(item, depth + 1);
      return;
    }
    for (const [name, member] of Object.entries(value)) {
      if (typeof member === 'number' || (typeof member === 'string' && member !== '')) keep(name, String(member));
      else walk(member, depth + 1);
    }
  }

  return {
    take(name, pick) {
      const known = values.get(sourceOf(name)) ?? [];
      return known[pick % known.length];
    },
    learn(json, etag) {
      if (etag !== undefined) keep('etag', etag);
      walk(json, 0);
    },
    forget(deleted) {
      for (const [name, value] of Object.entries(deleted)) {
        const source = sourceOf(name);
        const left = (values.get(source) ?? []).filter((known) => known !== value);
        values.set(source, left);
      }
    },
    forgetAll(name) {
      values.delete(sourceOf(name));
    },
    count: (name) => values.get(sourceOf(name))?.length ?? 0,
  };
}
