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
} as const satisfies SettingsTable;
