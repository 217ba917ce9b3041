import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMs, cpuShare } from '../cpu.js';
import { requestsPerSecond } from '../load.js';
import { compare, median, quantile, type Result, round, type Scenario } from '../measure.js';
import { startBareServer } from '../processes.js';
import { startBareChildren } from '../tasks/bare_children.js';
import { familyOf, type Member, ownBytes, residentBytes } from '../tasks/family.js';
import type { RpcClient } from '../tasks/rpc_client.js';
import { taskRate } from '../tasks/service_queue.js';
import { BENCH_SCRIPT, runTask, startTaskService } from '../tasks/task_service.js';

const WARM_UPS = 5;
const WARM_TASKS = 41;
const COLD_TASKS = 11;
/** Long enough for what a task leaves to be done: the next interpreter is ready then. */
const PAUSE_MS = 300;
const CONNECTIONS = 16;
const TASKS_AT_ONCE = 2;
const TASK_MS = 10;
const TASKS = 300;
const RATE_ROUNDS = 5;
const IDLE_SECONDS = 60;
/** Beyond what follows a start. */
const SETTLE_MS = 5_000;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

type Latency = { workingMs: number; firstLineMs: number };

/**
 * Runs a task. `workingMs`: from its row's creation to its being taken, as its history tells; `firstLineMs`: from sending
 * the request to the first line of its function.
 */
async function latencyOf(rpc: RpcClient): Promise<Latency> {
  const sentAt = performance.timeOrigin + performance.now();
  const { id, result } = await runTask(rpc, 'firstLine');
  const history = await rpc.call<{ status: string; at: number }[]>('engine.history', { task_id: id });
  const at = (status: string) => history.find((entry) => entry.status === status)?.at as number;
  return {
    workingMs: (at('working') - at('enqueued')) * 1_000,
    firstLineMs: (result as number) * 1_000 - sentAt,
  };
}

/** The disk's part: the median time of an append of 1 KB with fsync, in milliseconds. */
function fsyncMs(folder: string): number {
  const file = join(folder, 'fsync');
  const descriptor = openSync(file, 'w');
  const times = Array.from({ length: 51 }, () => {
    const startedAt = performance.now();
    writeSync(descriptor, Buffer.alloc(1_024));
    fsyncSync(descriptor);
    return performance.now() - startedAt;
  });
  closeSync(descriptor);
  rmSync(file);
  return median(times);
}

/** On an otherwise idle machine: with an interpreter that has served the user, and for a user who is new. */
async function latency(): Promise<Result[]> {
  const { rpc, service, addOperator, stop } = await startTaskService(4);
  for (let i = 0; i < WARM_UPS; i++) await latencyOf(rpc);
  const warm: Latency[] = [];
  for (let i = 0; i < WARM_TASKS; i++) {
    await sleep(PAUSE_MS / 3);
    warm.push(await latencyOf(rpc));
  }
  const cold: Latency[] = [];
  for (let i = 0; i < COLD_TASKS; i++) {
    const other = await addOperator(`bench${i}`);
    await sleep(PAUSE_MS);
    cold.push(await latencyOf(other));
  }
  const disk = `fsync of the disk ${round(fsyncMs(service.dataDir))} ms`;
  await stop();

  const result = (what: string, values: readonly number[], atMost: number): Result => ({
    name: 'task-latency',
    what,
    target: { atMost },
    value: median(values),
    unit: 'ms',
    figures: `p95 ${round(quantile(values, 0.95))} ms of ${values.length} tasks; ${disk}`,
  });
  const workingOf = (latencies: readonly Latency[]) => latencies.map(({ workingMs }) => workingMs);
  const firstLineOf = (latencies: readonly Latency[]) => latencies.map(({ firstLineMs }) => firstLineMs);
  return [
    result('a task, from created to working, warm interpreter', workingOf(warm), 5),
    result(
      'a task, from sending the request to the first line of its function, warm interpreter',
      firstLineOf(warm),
      50,
    ),
    result("a user's first task, from created to working", workingOf(cold), 50),
    result("a user's first task, from sending the request to the first line of its function", firstLineOf(cold), 50),
  ];
}

/** CPU time so far, in milliseconds. */
function cpuByRole(family: readonly Member[]): ReadonlyMap<Member['role'], number> {
  const used = new Map<Member['role'], number>();
  for (const { pid, role } of family) used.set(role, (used.get(role) ?? 0) + cpuMs(pid));
  return used;
}

async function throughput(): Promise<Result[]> {
  const { rpc, service, stop } = await startTaskService(TASKS_AT_ONCE);
  const bare = await startBareChildren(TASKS_AT_ONCE);
  const trial = { rounds: 1_000_000 };
  await bare.timeOf('compute', trial, 5);
  const args = { rounds: Math.round((trial.rounds * TASK_MS) / ((await bare.timeOf('compute', trial, 20)) / 20)) };
  const { ratio, ours, yardstick } = await compare(
    () => taskRate(rpc, TASKS, 'compute', args),
    () => bare.ratePerSecond('compute', args, TASKS),
    RATE_ROUNDS,
    1,
  );
  bare.stop();
  const family = familyOf(service.child.pid as number);
  const before = cpuByRole(family);
  await taskRate(rpc, TASKS, 'noop');
  const cost = [...cpuByRole(family)].map(([role, ms]) => `${role} ${round((ms - (before.get(role) ?? 0)) / TASKS)}`);
  await stop();
  return [
    {
      name: 'task-rate',
      what: `JavaScript tasks of ${TASK_MS} ms, ${TASKS_AT_ONCE} at once, against the function in warm child processes`,
      target: { atLeast: 0.7 },
      value: ratio,
      unit: 'ratio',
      figures: `${round(ours)} tasks a second against ${round(yardstick)}; CPU ms of an empty task: ${cost.join(', ')}`,
    },
  ];
}

/** Without an executor: what the tasks cost to be run is measured elsewhere. */
async function create(): Promise<Result[]> {
  const { rpc, service, token, stop } = await startTaskService(0);
  const bare = await startBareServer('koa');
  const params = { script: `${BENCH_SCRIPT}.noop`, args: { a: 1 } };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'engine.create', params });
  const load = { method: 'POST', connections: CONNECTIONS, body, header: `Authorization: Bearer ${token}` } as const;
  let sent = 0;
  const { ratio, ours, yardstick } = await compare(
    async () => {
      const seconds = 2;
      const rate = await requestsPerSecond({ url: `${service.url}/rpc`, ...load, seconds });
      sent += rate * seconds;
      return rate;
    },
    () => requestsPerSecond({ url: bare.url, ...load }),
  );
  const { total } = await rpc.call<{ total: number }>('engine.list', { limit: 1 });
  if (total < sent * 0.99) throw new Error(`${total} tasks are stored of ${Math.round(sent)} that were answered`);
  await bare.stop();
  await stop();
  return [
    {
      name: 'task-create',
      what: `engine.create, ${CONNECTIONS} connections, against bare Koa with a JSON body`,
      target: { atLeast: 0.35 },
      value: ratio,
      unit: 'ratio',
      figures: `${round(ours)} requests a second against ${round(yardstick)}; ${total} tasks stored`,
    },
  ];
}

async function idle(): Promise<Result[]> {
  const { service, stop } = await startTaskService(4);
  await sleep(SETTLE_MS);
  const family = familyOf(service.child.pid as number);
  const shares = await cpuShare(
    family.map(({ pid }) => pid),
    () => sleep(IDLE_SECONDS * 1_000),
  );
  const megabytes = (role: Member['role'], bytesOf: (pid: number) => number) =>
    sum(family.filter((each) => each.role === role).map(({ pid }) => bytesOf(pid))) / 1e6;
  const interpreters = family.filter(({ role }) => role === 'interpreter').length;
  const results: Result[] = [
    {
      name: 'task-idle',
      what: `CPU of service, executor and database while idle, ${IDLE_SECONDS} s, of one core`,
      target: { atMost: 0.5 },
      value: sum(shares),
      unit: '%',
      figures: family.map(({ role }, i) => `${role} ${(shares[i] as number).toFixed(2)} %`).join(', '),
    },
    {
      name: 'task-idle',
      what: 'memory of an idle executor',
      target: undefined,
      value: megabytes('executor', residentBytes),
      unit: 'MB',
      figures:
        `${round(megabytes('executor', ownBytes))} MB its own; ${interpreters} warm interpreters ` +
        `${round(megabytes('interpreter', residentBytes))} MB, ${round(megabytes('interpreter', ownBytes))} MB their own; ` +
        `guard ${round(megabytes('guard', residentBytes))} MB`,
    },
  ];
  await stop();
  return results;
}

export const taskScenarios: Scenario[] = [
  { name: 'task-latency', run: latency },
  { name: 'task-rate', run: throughput },
  { name: 'task-create', run: create },
  { name: 'task-idle', run: idle },
];
