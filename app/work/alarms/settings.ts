import type { SettingsTable } from '../../config.js';

export const ALARM_SETTINGS = {
  alarmQuietS: {
    name: 'SVODKA_ALARM_QUIET',
    kind: 'seconds',
    ...{ default: 300, min: 1, max: 366 * 24 * 60 * 60 },
    isForTarantool: true,
    help: 'how long after its last signal an alarm closes',
  },
} as const satisfies SettingsTable;
