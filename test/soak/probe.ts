// Loaded into the service with --import. At each SIGWINCH it collects garbage and writes the resources of its process
// to the file SOAK_PROBE_FILE as JSON.

import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

export type ProbeReport = {
  rssBytes: number;
  heapBytes: number;
  /** Buffers and other memory outside of V8's heap. */
  externalBytes: number;
  /** Resources that keep the event loop alive, by kind: `Timeout`, `TCPSocketWrap` ... */
  resources: Readonly<Record<string, number>>;
};

function report(): ProbeReport {
  const { rss, heapUsed, external } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return { rssBytes: rss, heapBytes: heapUsed, externalBytes: external, resources };
}

if (isMainThread) {
  const file = process.env['SOAK_PROBE_FILE'] as string;
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  process.on('SIGWINCH', () => {
    collectGarbage();
    writeFileSync(`${file}.part`, JSON.stringify(report()));
    renameSync(`${file}.part`, file);
  });
}
