import type { SettingsTable } from '../../config.js';

const MIB = 1024 * 1024;

export const CASE_SETTINGS = {
  repeatS: {
    name: 'SVODKA_REPEAT_S',
    kind: 'seconds',
    ...{ default: 86_400, min: 0, max: 365 * 86_400 },
    defaultText: '86400 (a day)',
    help: 'how long the same photo and record of a camera are answered with the case that is there',
  },
  photosMemoryBytes: {
    name: 'SVODKA_PHOTOS_MEMORY',
    kind: 'bytes',
    ...{ default: 128 * MIB, min: 4 * MIB, max: 2 ** 40 },
    defaultText: '134217728 (128 MiB)',
    help: 'memory for all photos that arrive at once; beyond it 503',
  },
} as const satisfies SettingsTable;
