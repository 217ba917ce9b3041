import type { SettingsTable } from '../config.js';

export const USERS_SETTINGS = {
  auth: {
    name: 'SVODKA_AUTH',
    kind: 'oneOf',
    values: ['work', 'all'],
    default: 'work',
    help: 'what asks for a token: `work`: users and the wings that run things, `all`: imports and statistics too; see [users](#users)',
  },
} as const satisfies SettingsTable;
