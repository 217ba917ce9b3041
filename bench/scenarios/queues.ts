import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTarantool } from '../../test/support/db/tarantool.js';
import { projectDir } from '../../test/support/folder.js';
import { median, type Result, round, type Scenario } from '../measure.js';
import { startPostgres } from '../peers/postgres/server.js';
import type { Questions } from '../peers/queues/questions.js';
import { type QueueProcess, startQueueProcess } from '../peers/queues/queue_process.js';
import { startRedis } from '../peers/redis/server.js';
import { startServiceQueue } from '../tasks/service_queue.js';

const ROUNDS = 5;
const CLIENTS = 16;
const ADDED = 4_000;
const ADDED_IN_BULK = 10_000;
const BULK = 100;
const DONE = 2_000;
const DONE_ISOLATED = 600;
const LATENCIES = 21;
const PAUSE_MS = 50;
const AT_ONCE = 4;

type Queue = Questions & { stop(): Promise<unknown> };
type Start = () => Promise<Queue>;

const program = (name: string) => join(projectDir, 'bench', 'peers', 'queues', name);

/** Starts the process of a queue on a server of its own; both end together. */
async function onServer(queue: Promise<QueueProcess>, server: { stop(): Promise<unknown> }): Promise<Queue> {
  const started = await queue;
  return {
    ...started,
    async stop() {
      await started.stop();
      await server.stop();
    },
  };
}

const startBullmq = (mode: readonly string[]): Start => {
  return async () => {
    const redis = await startRedis();
    return onServer(startQueueProcess(program('bullmq.mjs'), [redis.socket, ...mode]), redis);
  };
};

async function startGraphileWorker(): Promise<Queue> {
  const postgres = await startPostgres();
  return onServer(startQueueProcess(program('graphile_worker.mjs'), [postgres.socketDir]), postgres);
}

async function startEngine(): Promise<Queue> {
  const tarantool = await startTarantool({ walMode: 'fsync', memtxMemoryBytes: 1024 ** 3 });
  const { path } = tarantool.address as { path: string };
  const engine = fileURLToPath(new URL('../tasks/engine_queue.js', import.meta.url));
  return onServer(startQueueProcess(engine, [path, tarantool.user, tarantool.password]), {
    stop: () => tarantool.end(),
  });
}

/** Queues whose handlers run in the process that takes the jobs; Svodka's engine by its own client. */
const IN_PROCESS = { Svodka: startEngine, BullMQ: startBullmq([]), 'graphile-worker': startGraphileWorker };
/** Svodka's service and executor, against queues that run jobs in child processes as well. */
const ISOLATED = { Svodka: () => startServiceQueue(AT_ONCE), 'BullMQ, sandboxed': startBullmq(['sandboxed']) };

type Comparison = {
  name: string;
  what: string;
  /** Svodka first. */
  queues: Readonly<Record<string, Start>>;
  unit: 'jobs a second' | 'ms';
  measure(queue: Questions): Promise<number>;
};

async function measureAll({ queues, measure }: Pick<Comparison, 'queues' | 'measure'>): Promise<number[]> {
  const started = await Promise.all(Object.values(queues).map((start) => start()));
  const seen = started.map((): number[] => []);
  // The first round warms up.
  for (let i = 0; i <= ROUNDS; i++) {
    for (const [place, queue] of started.entries()) {
      const figure = await measure(queue);
      if (i > 0) seen[place]?.push(figure);
    }
  }
  await Promise.all(started.map((queue) => queue.stop()));
  return seen.map(median);
}

function scenario({ name, what, unit, ...parts }: Comparison): Scenario {
  return {
    name,
    async run(): Promise<Result[]> {
      const figures = await measureAll(parts);
      const [ours, ...others] = figures as [number, ...number[]];
      const isLess = unit === 'ms';
      const names = Object.keys(parts.queues);
      return [
        {
          name,
          what: `${what}, Svodka against the better of the others`,
          target: isLess ? { atMost: 0.83 } : { atLeast: 1.2 },
          value: ours / (isLess ? Math.min(...others) : Math.max(...others)),
          unit: 'ratio',
          figures: `${figures.map((figure, i) => `${names[i]} ${round(figure)}`).join(', ')} ${unit}`,
        },
      ];
    },
  };
}

const rate = { unit: 'jobs a second' } as const;
const latency = {
  unit: 'ms',
  measure: async (queue: Questions) => median(await queue.latency({ count: LATENCIES, pauseMs: PAUSE_MS })),
} as const;

/** The same durable jobs, which do nothing, for Svodka, BullMQ and graphile-worker (bench/peers/queues). */
export const queueScenarios: Scenario[] = [
  scenario({
    name: 'added',
    what: `jobs added one at a time, ${CLIENTS} clients`,
    ...rate,
    queues: IN_PROCESS,
    measure: (queue) => queue.added({ count: ADDED, clients: CLIENTS, size: 1 }),
  }),
  scenario({
    name: 'added-in-bulk',
    what: `jobs added ${BULK} in a call, 4 clients`,
    ...rate,
    queues: IN_PROCESS,
    measure: (queue) => queue.added({ count: ADDED_IN_BULK, clients: 4, size: BULK }),
  }),
  scenario({
    name: 'done',
    what: `jobs done, ${AT_ONCE} at once`,
    ...rate,
    queues: IN_PROCESS,
    measure: (queue) => queue.done({ count: DONE }),
  }),
  scenario({
    name: 'start',
    what: "from adding a job to its function's first line",
    ...latency,
    queues: IN_PROCESS,
  }),
  scenario({
    name: 'done-isolated',
    what: `jobs done in child processes, ${AT_ONCE} at once`,
    ...rate,
    queues: ISOLATED,
    measure: (queue) => queue.done({ count: DONE_ISOLATED }),
  }),
  scenario({
    name: 'start-isolated',
    what: "from adding a job to its function's first line in a child process",
    ...latency,
    queues: ISOLATED,
  }),
];
