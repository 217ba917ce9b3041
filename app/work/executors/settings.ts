import { availableParallelism } from 'node:os';
import type { SettingsTable } from '../../config.js';

/** Tasks that wait, for a server say, should not hold up the others on a small machine. */
const MIN_CONCURRENCY = 4;

export const EXECUTORS_SETTINGS = {
  executorCount: {
    name: 'SVODKA_EXECUTORS',
    kind: 'wholeNumber',
    ...{ default: 1, min: 0, max: 64 },
    help: '[executors](#executors) that the service runs beside itself',
  },
  executorConcurrency: {
    name: 'SVODKA_EXECUTOR_CONCURRENCY',
    kind: 'wholeNumber',
    ...{ default: Math.max(MIN_CONCURRENCY, availableParallelism()), min: 1, max: 999 },
    defaultText: `the number of cores, at least ${MIN_CONCURRENCY}`,
    help: 'tasks that an executor runs at once',
  },
} as const satisfies SettingsTable;
