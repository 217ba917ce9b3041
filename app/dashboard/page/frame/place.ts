/** A location within the page. It is stored in the fragment of the URL, so that links restore it. */
export type Place =
  | { name: 'imports' | 'compare' | 'unknown'; query: PlaceQuery }
  | { name: 'import'; importId: number; tab: ImportTab; query: PlaceQuery };
export type ImportTab = 'overview' | 'citizens';
export type PlaceQuery = Readonly<Record<string, string>>;

function readQuery(text: string): PlaceQuery {
  return Object.fromEntries([...new URLSearchParams(text)].filter(([, value]) => value !== ''));
}

/** `#/imports/3/citizens?town=X` -> place; unknown addresses give `unknown`. */
export function parsePlace(hash: string): Place {
  const [path = '', queryText = ''] = hash.replace(/^#/, '').split(/\?(.*)/s);
  const query = readQuery(queryText);
  if (path === '' || path === '/') return { name: 'imports', query };
  if (path === '/compare') return { name: 'compare', query };
  const [, id, tab] = /^\/imports\/(\d{1,15})(?:\/(citizens))?$/.exec(path) ?? [];
  if (id === undefined) return { name: 'unknown', query };
  return { name: 'import', importId: Number(id), tab: tab === 'citizens' ? 'citizens' : 'overview', query };
}

function pathOf(place: Place): string {
  if (place.name === 'compare') return '/compare';
  if (place.name !== 'import') return '/';
  return `/imports/${place.importId}${place.tab === 'citizens' ? '/citizens' : ''}`;
}

/** The inverse of parsePlace; parameters without a value are omitted. */
export function formatPlace(place: Place): string {
  const query = new URLSearchParams(Object.entries(place.query).filter(([, value]) => value !== '')).toString();
  return `#${pathOf(place)}${query === '' ? '' : `?${query}`}`;
}

/** The address of a tab of an import. */
export function importHash(importId: number, tab: ImportTab = 'overview', query: PlaceQuery = {}): string {
  return formatPlace({ name: 'import', importId, tab, query });
}
