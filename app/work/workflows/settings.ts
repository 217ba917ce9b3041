import type { SettingsTable } from '../../config.js';

export const WORKFLOW_SETTINGS = {
  workflowBin: {
    name: 'SVODKA_WORKFLOW_BIN',
    kind: 'text',
    defaultText: '`bin/` of the data folder',
    help: 'the folder of the executables that tasks of workflows name; links in it may lead anywhere',
  },
} as const satisfies SettingsTable;
