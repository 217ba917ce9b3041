// Loaded into the service and its threads with --import; replaces what counts an import, in JavaScript and in
// WebAssembly, with no-ops. A yardstick for the cost of counting; the product has no such switch.

import { register } from 'node:module';

const SOURCE = `export const MAX_PIECE_BLOCKS = 1;
export const createImportCounts = () => ({
  towns: { take: () => 0, count: () => 0, nameOf: () => new Uint8Array(0), heldBytes: () => 0 },
  add() {},
  pack() {},
  heldBytes: () => 0,
});`;

/** In scan/module.js: the instances make no blocks. */
const ACQUIRED = 'return instance;';
const WITHOUT_BLOCKS = 'return { ...instance, makeBlocks: () => 1, blockCount: () => 0 };';

const hooks = `export async function load(url, context, next) {
  if (url.endsWith('/across_records/import_counts.js'))
    return { format: 'module', shortCircuit: true, source: ${JSON.stringify(SOURCE)} };
  const loaded = await next(url, context);
  if (!url.endsWith('/imports/scan/module.js')) return loaded;
  const source = String(loaded.source);
  if (!source.includes('${ACQUIRED}')) throw new Error('there is no place to replace in scan/module.js');
  return { ...loaded, source: source.replace('${ACQUIRED}', '${WITHOUT_BLOCKS}') };
}`;

register(`data:text/javascript,${encodeURIComponent(hooks)}`);
