import type { SettingsTable } from '../../config.js';

export const SCRIPT_SETTINGS = {
  scriptDir: {
    name: 'SVODKA_SCRIPT_DIR',
    kind: 'text',
    defaultText: '`script/` of the project',
    help: 'the folder that scripts of tasks are looked for in; those that come with Svodka go first',
  },
  scriptEnvNames: {
    name: 'SVODKA_SCRIPT_ENV',
    kind: 'list',
    help: 'environment variables that scripts see beside `PATH`, `LANG` and `TZ`',
  },
} as const satisfies SettingsTable;
