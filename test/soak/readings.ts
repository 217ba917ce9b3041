import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../support/folder.js';
import { readMetrics } from '../support/metrics.js';
import { type RunningService, startService } from '../support/service.js';
import { until } from '../support/until.js';
import type { ProbeReport } from './probe.js';

/** Resources of the service and its Tarantool at one moment; bytes or counts, by name. */
export type Reading = ReadonlyMap<string, number>;

export type SoakedService = {
  service: RunningService;
  read(): Promise<Reading>;
};

const MIB = 1024 * 1024;
const MEMTX_BYTES = 1024 * MIB;
const PROBE_PATIENCE_MS = 60_000;

function rssBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

/** The Tarantool started by a service. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}

/** Suffix of readings in bytes. */
export const BYTES = ' bytes';

/** A fresh service with the probe loaded. */
export async function startSoakedService(bodyLimitBytes: number): Promise<SoakedService> {
  const probeFile = join(makeFolder(), 'probe.json');
  const service = await startService({
    env: {
      SVODKA_LOG_LEVEL: 'warn',
      SVODKA_BODY_LIMIT: String(bodyLimitBytes),
      SVODKA_MEMTX_MEMORY: String(MEMTX_BYTES),
      NODE_OPTIONS: `--import ${new URL('./probe.js', import.meta.url).href}`,
      SOAK_PROBE_FILE: probeFile,
    },
  });
  const pid = service.child.pid as number;

  async function probe(): Promise<ProbeReport> {
    rmSync(probeFile, { force: true });
    process.kill(pid, 'SIGWINCH');
    await until('the probe answers', () => existsSync(probeFile), PROBE_PATIENCE_MS);
    return JSON.parse(readFileSync(probeFile, 'utf8'));
  }

  return {
    service,
    async read() {
      const { rssBytes: rss, heapBytes, externalBytes, resources } = await probe();
      const metrics = await readMetrics(service.url);
      const metric = (name: string) => metrics.value(`svodka_${name}`) ?? 0;
      const ofKinds = Object.entries(resources).map(([kind, count]): [string, number] => [`active ${kind}`, count]);
      return new Map([
        [`rss${BYTES}`, rss],
        // Cached answers are meant to stay: they have a limit of their own.
        [`heap and external without kept answers${BYTES}`, heapBytes + externalBytes - metric('kept_bytes')],
        [`kept answers${BYTES}`, metric('kept_bytes')],
        [`bodies held${BYTES}`, metric('bodies_held_bytes')],
        ['descriptors', readdirSync(`/proc/${pid}/fd`).length],
        ['connections', metric('http_connections')],
        ['requests in flight', metric('http_requests_in_flight')],
        ['watchers', metric('event_watchers')],
        ['calls to Tarantool', metric('tarantool_calls')],
        ...ofKinds,
        [`Tarantool's data${BYTES}`, metric('tarantool_memory_items_used_bytes')],
        [`Tarantool's Lua heap${BYTES}`, metric('tarantool_memory_lua_bytes')],
        [`Tarantool's rss${BYTES}`, rssBytes(childOf(pid))],
        ["Tarantool's connections", metric('tarantool_connections')],
        ["Tarantool's fibers", metric('tarantool_fibers')],
      ]);
    },
  };
}
