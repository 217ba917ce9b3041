import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient } from '../app/db/client.js';
import type { Procedure } from '../app/db/procedure.js';
import { startTarantool } from '../test/support/db/tarantool.js';
import { makeFolder, projectDir } from '../test/support/folder.js';
import { startFreshService } from './processes.js';

/** Milliseconds that other fibers waited for the TX thread. */
export type Stalls = { longestMs: number; p99Ms: number; count: number };
export type LoopDelay = { p99Ms: number; maxMs: number };

export type ProbedService = {
  url: string;
  /** The service's own; with the token of the first administrator. */
  dataDir: string;
  /** Of the database. */
  tarantoolPid: number;
  db: Client;
  /** Since the previous call. */
  stalls(): Promise<Stalls>;
  /** Delay of the service's event loop since the previous call. */
  loopDelay(): Promise<LoopDelay>;
  /** Current memory of the service's process, including its threads. */
  rssBytes(): number;
  stop(): Promise<void>;
};

const STALLS: Procedure<[], [longestMs: number, p99Ms: number, count: number]> = {
  name: 'svodka.bench.stalls',
  kind: 'read',
};

/** A fresh service on a fresh Tarantool, both instrumented. */
export async function startProbedService(): Promise<ProbedService> {
  const delayFile = join(makeFolder(), 'loop_delay.json');
  const tarantool = await startTarantool({
    script: join(projectDir, 'bench', 'stall_probe.lua'),
    walMode: 'fsync',
    memtxMemoryBytes: 4 * 1024 ** 3,
  });
  const service = await startFreshService({
    SVODKA_TARANTOOL_URI: (tarantool.address as { path: string }).path,
    SVODKA_TARANTOOL_PASSWORD: tarantool.password,
    NODE_OPTIONS: `--import ${new URL('./loop_delay.js', import.meta.url).href}`,
    BENCH_LOOP_DELAY_FILE: delayFile,
  });
  const db = createClient({ address: tarantool.address, user: tarantool.user, password: tarantool.password });
  await db.whenReady(5_000);
  const pid = service.child.pid as number;

  return {
    url: service.url,
    dataDir: service.dataDir,
    tarantoolPid: tarantool.child.pid as number,
    db,
    async stalls() {
      const [longestMs, p99Ms, count] = await db.call(STALLS, []);
      return { longestMs, p99Ms, count };
    },
    async loopDelay() {
      rmSync(delayFile, { force: true });
      process.kill(pid, 'SIGWINCH');
      while (!existsSync(delayFile)) await sleep(20);
      return JSON.parse(readFileSync(delayFile, 'utf8'));
    },
    rssBytes: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024,
    async stop() {
      await service.stop();
      await db.close();
      await tarantool.end();
    },
  };
}
