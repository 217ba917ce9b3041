/** What is shown of the wing that deals with violations. */
type TrafficPlace = { name: 'vote' | 'cases' | 'registers' | 'unknown' } | { name: 'case'; caseId: string };

const LISTS = ['vote', 'cases', 'registers'] as const;

/** `/cases/1f0b7f3f-...` -> place; unknown paths give `unknown`. */
export function parseTrafficPath(path: string): TrafficPlace {
  const list = LISTS.find((name) => path === `/${name}`);
  if (list !== undefined) return { name: list };
  const [, caseId] = /^\/cases\/([\da-f-]{36})$/i.exec(path) ?? [];
  return caseId === undefined ? { name: 'unknown' } : { name: 'case', caseId };
}

export function caseHash(caseId: string): string {
  return `#/cases/${caseId}`;
}
