import type { SettingsTable } from '../../config.js';

export const FILES_SETTINGS = {
  filesDir: {
    name: 'SVODKA_FILES_DIR',
    kind: 'text',
    defaultText: '`files` in `SVODKA_DATA_DIR`',
    help: 'the folder of the [files](#files) that clients upload; one service at a time may use it',
  },
} as const satisfies SettingsTable;
