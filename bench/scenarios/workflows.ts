import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuShare } from '../cpu.js';
import { compare, type Result, round, type Scenario, timeMs } from '../measure.js';
import { childrenOf, ownBytes, residentBytes } from '../tasks/family.js';
import type { RpcClient } from '../tasks/rpc_client.js';
import { startTaskService, type TaskService } from '../tasks/task_service.js';

const PROJECT = 'bench';
const LOOK_EVERY_MS = 20;
const AWAITED = 1_000;
const AT_ONCE = 200;
const IDLE_RUNS = 50;
const IDLE_SECONDS = 20;
/** An idle process gives memory back some ten seconds after its last work. */
const SETTLE_MS = 20_000;
const ROUNDS = 3;

type Task = { name: string; exec: 'await' | 'parallel'; function: string; params?: string[] };
type Status = { status: string; run_id: number };

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function task(place: number, exec: Task['exec'], fn: string, ...params: string[]): Task {
  return { name: `t${place}`, exec, function: fn, params };
}

/** A service whose folder of executables has `true` and `sleep` of the machine, and one that ignores SIGINT and SIGTERM. */
async function startWorkflowService(): Promise<TaskService> {
  const started = await startTaskService(1);
  const folder = join(started.service.dataDir, 'bin');
  for (const name of ['true', 'sleep']) symlinkSync(join('/bin', name), join(folder, name));
  const deaf = '#!/bin/bash\ntrap "" INT TERM\nwhile true; do sleep 0.05; done\n';
  writeFileSync(join(folder, 'deaf'), deaf, { mode: 0o755 });
  return started;
}

async function create(rpc: RpcClient, workflow: string, tasks: readonly Task[]): Promise<void> {
  await rpc.call('workflow.create', {
    context: { project: { name: PROJECT, workflows: [{ name: workflow, tasks }] } },
  });
}

const start = (rpc: RpcClient, workflow: string) => rpc.call('workflow.run', { project: PROJECT, workflow });

/** Waits until the workflow has another status than these. @param last one of its tasks, so that answers are short */
async function until(rpc: RpcClient, workflow: string, last: string, others: readonly string[]): Promise<string> {
  for (;;) {
    const { status } = await rpc.call<Status>('workflow.status', { project: PROJECT, workflow, task: last });
    if (!others.includes(status)) return status;
    await sleep(LOOK_EVERY_MS);
  }
}

async function untilEnded(rpc: RpcClient, workflow: string, last: string, expected: string): Promise<void> {
  const status = await until(rpc, workflow, last, ['running', 'stopping']);
  if (status !== expected) throw new Error(`${workflow} ended ${status}`);
}

function shell(command: string): void {
  if (spawnSync('bash', ['-c', command]).status !== 0) throw new Error(`${command} failed`);
}

/** One after another: each is stored before the next is started. */
async function awaited(): Promise<Result[]> {
  const { rpc, stop } = await startWorkflowService();
  await create(
    rpc,
    'awaited',
    Array.from({ length: AWAITED }, (_, i) => task(i + 1, 'await', 'true')),
  );
  const { ratio, ours, yardstick } = await compare(
    () =>
      timeMs(async () => {
        await start(rpc, 'awaited');
        await untilEnded(rpc, 'awaited', `t${AWAITED}`, 'success');
      }),
    () => timeMs(() => shell(`for i in $(seq ${AWAITED}); do /bin/true; done`)),
    ROUNDS,
    1,
  );
  await stop();
  return [
    {
      name: 'workflow-awaited',
      what: `a workflow of ${AWAITED} awaited \`true\`, against bash`,
      target: { atMost: 3 },
      value: ratio,
      unit: 'ratio',
      figures: `${round(ours)} ms against ${round(yardstick)} ms`,
    },
  ];
}

async function atOnce(): Promise<Result[]> {
  const { rpc, stop } = await startWorkflowService();
  const names = Array.from({ length: AT_ONCE }, (_, i) => `many ${i}`);
  for (const name of names) {
    await create(rpc, name, [
      task(1, 'parallel', 'sleep', '0.2'),
      task(2, 'await', 'true'),
      task(3, 'await', 'sleep', '0.1'),
    ]);
  }
  const { ratio, ours, yardstick } = await compare(
    () =>
      timeMs(async () => {
        await Promise.all(names.map((name) => start(rpc, name)));
        for (const name of names) await untilEnded(rpc, name, 't3', 'success');
      }),
    () => timeMs(() => shell(`seq ${AT_ONCE} | xargs -P ${AT_ONCE} -I{} bash -c 'sleep 0.2 & true; sleep 0.1; wait'`)),
    ROUNDS,
    1,
  );
  await stop();
  return [
    {
      name: 'workflow-many',
      what: `${AT_ONCE} workflows of 3 tasks at once, against the same commands by xargs -P`,
      target: undefined,
      value: ratio,
      unit: 'ratio',
      figures: `${round(ours)} ms against ${round(yardstick)} ms; all ended with success`,
    },
  ];
}

async function stubborn(): Promise<Result[]> {
  const { rpc, stop } = await startWorkflowService();
  await create(rpc, 'stubborn', [task(1, 'await', 'deaf')]);
  await start(rpc, 'stubborn');
  const isRunning = async () =>
    (await rpc.call<{ tasks: { pid: number | null }[] }>('workflow.status', { project: PROJECT, workflow: 'stubborn' }))
      .tasks[0]?.pid != null;
  while (!(await isRunning())) await sleep(LOOK_EVERY_MS);
  await sleep(500);
  const ms = await timeMs(async () => {
    await rpc.call('workflow.stop', { workflow: 'stubborn' });
    await untilEnded(rpc, 'stubborn', 't1', 'stopped');
  });
  await stop();
  return [
    {
      name: 'workflow-stop',
      what: 'from workflow.stop to `killed`, of a task that ignores SIGINT and SIGTERM (grace_s 6, then 2 s)',
      target: { atMost: 8_500 },
      value: ms,
      unit: 'ms',
      figures: '',
    },
  ];
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
}

async function idle(): Promise<Result[]> {
  const { rpc, service, stop } = await startWorkflowService();
  for (let i = 0; i < IDLE_RUNS; i++) {
    await create(rpc, `idle ${i}`, [task(1, 'await', 'sleep', '1000')]);
    await start(rpc, `idle ${i}`);
  }
  await sleep(SETTLE_MS);
  const servicePid = service.child.pid as number;
  const executor = childrenOf(servicePid).find((pid) => /app\/executor\/main\.js/.test(commandOf(pid))) as number;
  const runs = childrenOf(executor).filter((pid) => commandOf(pid).startsWith('idle '));
  if (runs.length !== IDLE_RUNS) throw new Error(`${runs.length} of ${IDLE_RUNS} runs have a process`);
  const shares = await cpuShare([executor, ...runs], () => sleep(IDLE_SECONDS * 1_000));
  const megabytes = (bytesOf: (pid: number) => number) => sum(runs.map(bytesOf)) / IDLE_RUNS / 1e6;
  const results: Result[] = [
    {
      name: 'workflow-idle',
      what: `CPU of ${IDLE_RUNS} runs that wait, with their executor, ${IDLE_SECONDS} s, of one core`,
      target: { atMost: 1 },
      value: sum(shares),
      unit: '%',
      figures: `the executor ${(shares[0] as number).toFixed(2)} %`,
    },
    {
      name: 'workflow-idle',
      what: 'memory that a run which waits holds for itself alone',
      target: { atMost: 40 },
      value: megabytes(ownBytes),
      unit: 'MB',
      figures: `${round(megabytes(residentBytes))} MB resident, most of it shared by all processes of Node`,
    },
  ];
  await stop();
  return results;
}

export const workflowScenarios: readonly Scenario[] = [
  { name: 'workflow-awaited', run: awaited },
  { name: 'workflow-many', run: atOnce },
  { name: 'workflow-stop', run: stubborn },
  { name: 'workflow-idle', run: idle },
];
