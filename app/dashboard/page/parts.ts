import type { LoadedPart } from './frame/load_part.js';
import type { WordKey } from './words/words.js';

type NavigationLink = {
  path: string;
  word: WordKey;
  /** Whether a path is shown as belonging to the link. */
  leadsTo(path: string): boolean;
  /** Who sees the link; everybody when absent. */
  roles?: readonly string[];
};

type Part = LoadedPart & {
  /** The wing that it shows; a part without one is always there. */
  wing?: string;
  needsLogIn: boolean;
  links: readonly NavigationLink[];
  owns(path: string): boolean;
};

const isBelow = (folder: string) => (path: string) => path === folder || path.startsWith(`${folder}/`);

const CENSUS: Part = {
  name: 'census',
  alsoNeeds: ['charts'],
  wing: 'census',
  needsLogIn: false,
  links: [
    { path: '/', word: 'nav.imports', leadsTo: (path) => path === '/' || isBelow('/imports')(path) },
    { path: '/compare', word: 'nav.compare', leadsTo: isBelow('/compare') },
  ],
  owns: (path) => path === '/' || isBelow('/imports')(path) || isBelow('/compare')(path),
  async load() {
    const { loadChart } = await import('./charts/load_chart.js');
    const { CensusContent } = await import('./census/content.js');
    await loadChart();
    return CensusContent;
  },
};

const WORK: Part = {
  name: 'work',
  wing: 'work',
  needsLogIn: true,
  links: [
    { path: '/tasks', word: 'nav.tasks', leadsTo: isBelow('/tasks'), roles: ['user', 'operator'] },
    {
      path: '/workflows',
      word: 'nav.workflows',
      leadsTo: (path) => ['/workflows', '/alarms', '/files'].some((folder) => isBelow(folder)(path)),
      roles: ['operator'],
    },
  ],
  owns: (path) => ['/tasks', '/workflows', '/alarms', '/files'].some((folder) => isBelow(folder)(path)),
  async load() {
    const { WorkContent } = await import('./work/content.js');
    return WorkContent;
  },
};

const TRAFFIC: Part = {
  name: 'traffic',
  wing: 'traffic',
  needsLogIn: true,
  links: [
    { path: '/vote', word: 'nav.vote', leadsTo: isBelow('/vote'), roles: ['specialist'] },
    { path: '/cases', word: 'nav.cases', leadsTo: isBelow('/cases'), roles: ['manager'] },
    { path: '/cameras', word: 'nav.cameras', leadsTo: isBelow('/cameras'), roles: ['manager'] },
    { path: '/registers', word: 'nav.registers', leadsTo: isBelow('/registers'), roles: ['manager'] },
  ],
  owns: (path) => ['/vote', '/cases', '/cameras', '/registers'].some((folder) => isBelow(folder)(path)),
  async load() {
    const { TrafficContent } = await import('./traffic/content.js');
    return TrafficContent;
  },
};

const USERS: Part = {
  name: 'users',
  needsLogIn: true,
  links: [{ path: '/users', word: 'nav.users', leadsTo: isBelow('/users'), roles: ['admin'] }],
  owns: (path) => isBelow('/users')(path) || path === '/account',
  async load() {
    const { UsersContent } = await import('./users/content.js');
    return UsersContent;
  },
};

/** The wings of this service that are on. */
const wings = (document.documentElement.dataset['wings'] ?? '').split(' ');

/** The parts that are shown, the only place that names them all. */
export const PARTS: readonly Part[] = [CENSUS, WORK, TRAFFIC, USERS].filter(
  ({ wing }) => wing === undefined || wings.includes(wing),
);

/** The part that shows a path. The start is that of the first part. */
export function partAt(path: string): { part: Part | undefined; path: string } {
  const shownPath = path === '/' ? (PARTS[0]?.links[0]?.path ?? path) : path;
  return { part: PARTS.find(({ owns }) => owns(shownPath)), path: shownPath };
}
