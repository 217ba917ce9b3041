import { IS_NIGHTLY } from '../nightly.js';

/** The option `skip` of what takes too long for every run. */
export const NIGHTLY_ONLY = IS_NIGHTLY ? false : 'long: npm run test:deploy -- --nightly';
