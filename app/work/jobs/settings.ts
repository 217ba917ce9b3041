import type { SettingsTable } from '../../config.js';

export const JOB_SETTINGS = {
  taskKeepS: {
    name: 'SVODKA_TASK_KEEP',
    kind: 'seconds',
    ...{ default: 30 * 24 * 60 * 60, min: 0, max: 100 * 365 * 24 * 60 * 60 },
    defaultText: '2592000 (30 days)',
    isForTarantool: true,
    help: 'how long tasks are kept after their end',
  },
  maxOpenTasks: {
    name: 'SVODKA_TASKS_OPEN',
    kind: 'wholeNumber',
    ...{ default: 10_000, min: 1, max: 1_000_000 },
    help: 'how many tasks of one user may be open, that is enqueued or working',
  },
} as const satisfies SettingsTable;
