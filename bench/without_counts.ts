// Loaded into the service and its threads with --import; replaces the module that counts an import with a no-op. A
// yardstick for the cost of counting; the product has no such switch.

import { register } from 'node:module';

const SOURCE = `export const createImportCounts = () => ({
  towns: { take: () => 0, count: () => 0, nameOf: () => new Uint8Array(0), heldBytes: () => 0 },
  add() {},
  pack() {},
  heldBytes: () => 0,
});`;

const hooks = `export async function load(url, context, next) {
  if (!url.endsWith('/across_records/import_counts.js')) return next(url, context);
  return { format: 'module', shortCircuit: true, source: ${JSON.stringify(SOURCE)} };
}`;

register(`data:text/javascript,${encodeURIComponent(hooks)}`);
