// `npm run executor`, `svodka executor`: sets up what is missing, then becomes an executor. It stays in the project's folder,
// as `npm start` does: both find the same ./data.

import { buildWhereStale, ensurePackages } from './prepare.mjs';

ensurePackages();
buildWhereStale();
await import('../dist/app/executor/main.js');
