/** What is shown of the wing that deals with violations. */
type TrafficPlace =
  | { name: 'vote' | 'cases' | 'statistics' | 'cameras' | 'types' | 'newType' | 'registers' | 'unknown' }
  | { name: 'case'; caseId: string }
  | { name: 'type'; typeName: string };

const LISTS = new Map([
  ['/vote', 'vote'],
  ['/cases', 'cases'],
  ['/cases/statistics', 'statistics'],
  ['/cameras', 'cameras'],
  ['/cameras/types', 'types'],
  ['/cameras/types-new', 'newType'],
  ['/registers', 'registers'],
] as const);

export const CASES_HASH = '#/cases';
export const STATISTICS_HASH = '#/cases/statistics';
export const CAMERAS_HASH = '#/cameras';
export const TYPES_HASH = '#/cameras/types';
/** No address of a type: one may be named `new`. */
export const NEW_TYPE_HASH = '#/cameras/types-new';

/** `/cases/1f0b7f3f-...` -> place; unknown paths give `unknown`. */
export function parseTrafficPath(path: string): TrafficPlace {
  const list = [...LISTS].find(([known]) => known === path)?.[1];
  if (list !== undefined) return { name: list };
  const [, caseId] = /^\/cases\/([\da-f-]{36})$/i.exec(path) ?? [];
  if (caseId !== undefined) return { name: 'case', caseId };
  const [, typeName] = /^\/cameras\/types\/([a-z][a-z0-9_]{0,63})$/.exec(path) ?? [];
  return typeName === undefined ? { name: 'unknown' } : { name: 'type', typeName };
}

export function caseHash(caseId: string): string {
  return `#/cases/${caseId}`;
}

export function casesOfCameraHash(cameraId: string): string {
  return `#/cases?camera=${cameraId}`;
}

export function typeHash(typeName: string): string {
  return `${TYPES_HASH}/${typeName}`;
}
