import type { Questions } from '../peers/queues/questions.js';
import type { RpcClient } from './rpc_client.js';
import { BENCH_SCRIPT, finishedFrom, runTask, startTaskService, type Task, untilFinished } from './task_service.js';

const BATCH = 100;
/** From the first `engine.create` of the tasks until they may start: longer than it takes to create them. */
const CREATE_S = 5;

function creations(functionName: string, { args = {}, ...more }: { args?: object; run_at?: number }) {
  const params = { script: `${BENCH_SCRIPT}.${functionName}`, args, ...more };
  return Array.from({ length: BATCH }, () => ({ method: 'engine.create', params }));
}

/**
 * Creates tasks that all become ready at the same moment, waits for their ends, and returns how many were done in a
 * second: from the first start until the last end. `count`: a multiple of 100.
 */
export async function taskRate(
  rpc: RpcClient,
  count: number,
  functionName: string,
  args: object = {},
): Promise<number> {
  const runAt = Date.now() / 1_000 + CREATE_S;
  const ids: number[] = [];
  while (ids.length < count) {
    const created = await rpc.batch<Task>(creations(functionName, { args, run_at: runAt }));
    ids.push(...created.map(({ id }) => id));
  }
  if (Date.now() / 1_000 > runAt) throw new Error('the tasks began before all were created');
  // The last one to be taken is not always the last one to end.
  for (const id of ids.slice(-BATCH)) await untilFinished(rpc, id);
  const tasks = await finishedFrom(rpc, ids[0] as number, count);
  const began = Math.min(...tasks.map(({ started }) => started as number));
  const ended = Math.max(...tasks.map((task) => task.ended as number));
  return count / (ended - began);
}

/** Svodka as its users see it, as one of the queues that the bench compares. */
export async function startServiceQueue(concurrency: number): Promise<Questions & { stop(): Promise<void> }> {
  const { rpc, stop } = await startTaskService(concurrency);
  return {
    added: () => Promise.reject(new Error('the scenario task-create measures it')),
    done: ({ count }) => taskRate(rpc, count, 'noop'),
    async latency({ count, pauseMs }) {
      const delays: number[] = [];
      for (let i = 0; i < count; i++) {
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        const sentAt = performance.timeOrigin + performance.now();
        const { result } = await runTask(rpc, 'firstLine');
        delays.push((result as number) * 1_000 - sentAt);
      }
      return delays;
    },
    stop,
  };
}
