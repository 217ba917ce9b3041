import { formatPlace, type PlaceQuery } from '../frame/place.js';

/** What is shown of the census. */
type CensusPlace = { name: 'imports' | 'compare' | 'unknown' } | { name: 'import'; importId: number; tab: ImportTab };
export type ImportTab = 'overview' | 'citizens';

/** `/imports/3/citizens` -> place; unknown paths give `unknown`. */
export function parseCensusPath(path: string): CensusPlace {
  if (path === '/') return { name: 'imports' };
  if (path === '/compare') return { name: 'compare' };
  const [, id, tab] = /^\/imports\/(\d{1,15})(?:\/(citizens))?$/.exec(path) ?? [];
  if (id === undefined) return { name: 'unknown' };
  return { name: 'import', importId: Number(id), tab: tab === 'citizens' ? 'citizens' : 'overview' };
}

/** The address of a tab of an import. */
export function importHash(importId: number, tab: ImportTab = 'overview', query: PlaceQuery = {}): string {
  return formatPlace({ path: `/imports/${importId}${tab === 'citizens' ? '/citizens' : ''}`, query });
}

/** The address of the comparison; `query` names the imports as `before` and `after`. */
export function compareHash(query: PlaceQuery): string {
  return formatPlace({ path: '/compare', query });
}
