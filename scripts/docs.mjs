// `npm run docs`: writes the tables of docs/operations.md that are generated from the settings.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, ensurePackages, projectDir } from './prepare.mjs';

ensurePackages();
build();
const { SETTINGS_TABLES } = await import('../dist/app/start/settings.js');
const { withSettingsTables } = await import('../dist/app/settings/markdown.js');

const path = join(projectDir, 'docs', 'operations.md');
writeFileSync(path, withSettingsTables(readFileSync(path, 'utf8'), SETTINGS_TABLES));
