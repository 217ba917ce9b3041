import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../app/db/client.js';
import { PROCEDURES } from '../../app/db/procedures.js';
import { makeFolder } from '../../test/support/folder.js';
import { startTarantool } from '../../test/support/tarantool.js';
import { quantile, type Result, round, type Scenario } from '../measure.js';
import { post, startFreshService } from '../processes.js';
import { everydayBody } from '../samples.js';

const IMPORTERS = 2;
const SECONDS = 10;

type LoopDelay = { p99Ms: number; maxMs: number };

async function readLoopDelay(pid: number, file: string): Promise<LoopDelay> {
  process.kill(pid, 'SIGUSR2');
  while (!existsSync(file)) await sleep(20);
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Repeats `work` until the time is over; answers how long each took. */
async function repeat(until: number, work: () => Promise<unknown>, pauseMs: number): Promise<number[]> {
  const took: number[] = [];
  while (performance.now() < until) {
    const startedAt = performance.now();
    await work();
    took.push(performance.now() - startedAt);
    if (pauseMs > 0) await sleep(pauseMs);
  }
  return took;
}

/** What others feel while two clients import without pause. */
async function underImports(): Promise<Result[]> {
  const folder = makeFolder();
  const delayFile = join(folder, 'loop_delay.json');
  const tarantool = await startTarantool({ walMode: 'fsync', memtxMemoryBytes: 4 * 1024 ** 3 });
  const service = await startFreshService({
    SVODKA_TARANTOOL_URI: (tarantool.address as { path: string }).path,
    SVODKA_TARANTOOL_PASSWORD: tarantool.password,
    NODE_OPTIONS: `--import ${new URL('../loop_delay.js', import.meta.url).href}`,
    BENCH_LOOP_DELAY_FILE: delayFile,
  });
  // A connection of our own: how long the smallest call waits for the TX thread.
  const db = createClient({ address: tarantool.address, user: tarantool.user, password: tarantool.password });
  await db.whenReady(5_000);
  const body = everydayBody();
  const importId = await post(service.url, Buffer.from(JSON.stringify({ citizens: [] })));
  const small = () => fetch(`${service.url}/imports/${importId}/citizens`).then((response) => response.text());
  for (let i = 0; i < 5; i++) await post(service.url, body);

  const until = performance.now() + SECONDS * 1000;
  const importing = Array.from({ length: IMPORTERS }, () => repeat(until, () => post(service.url, body), 0));
  const reading = repeat(until, small, 2);
  const probing = repeat(until, () => db.call(PROCEDURES.serviceInfo, []), 1);
  const imports = (await Promise.all(importing)).flat().length;
  const reads = await reading;
  const probes = await probing;
  const loop = await readLoopDelay(service.child.pid as number, delayFile);
  await service.stop();
  await db.close();
  await tarantool.end();

  const while2 = `while ${IMPORTERS} clients import without pause`;
  const figures = `${imports} imports in ${SECONDS} s`;
  return [
    {
      name: 'under-imports',
      what: `p99 of a small GET ${while2}`,
      target: { atMost: 30 },
      value: quantile(reads, 0.99),
      unit: 'ms',
      figures: `${figures}, ${reads.length} GETs, median ${round(quantile(reads, 0.5))} ms`,
    },
    {
      name: 'under-imports',
      what: `p99 of the event loop's delay ${while2}`,
      target: { atMost: 20 },
      value: loop.p99Ms,
      unit: 'ms',
      figures: `longest ${round(loop.maxMs)} ms`,
    },
    {
      name: 'under-imports',
      what: `longest wait of the smallest call for the TX thread ${while2}`,
      target: { atMost: 15 },
      value: Math.max(...probes),
      unit: 'ms',
      figures: `${probes.length} calls, p99 ${round(quantile(probes, 0.99))} ms, seen from the client's process`,
    },
  ];
}

export const underLoadScenarios: Scenario[] = [{ name: 'under-imports', run: underImports }];
