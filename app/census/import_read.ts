import type { Route } from '../http/route.js';
import { importIdIn } from './path_ids.js';

/** Every GET about the data of one import. */
export const IMPORT_READ = { method: 'get', mayBeStale: true, subjectOf: importIdIn } as const satisfies Partial<Route>;
