// `npm run executor`, `svodka executor`: installs what is missing, then runs an executor in the project's folder,
// like `npm start`, so that both use the same ./data.

import { buildWhereStale, ensurePackages } from './prepare.mjs';

ensurePackages();
buildWhereStale();
await import('../dist/app/executor/main.js');
