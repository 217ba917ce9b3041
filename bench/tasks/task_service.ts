import { join } from 'node:path';
import { projectDir } from '../../test/support/folder.js';
import type { RunningService } from '../../test/support/service.js';
import { addUser, callerWith, readAdminToken } from '../../test/support/users.js';
import { startFreshService } from '../processes.js';
import { createRpcClient, type RpcClient } from './rpc_client.js';

export const SCRIPT_DIR = join(projectDir, 'bench', 'tasks', 'scripts');
export const BENCH_SCRIPT = 'bench_tasks';

/** A task as the API shows it. Times in seconds since 1970. */
export type Task = {
  id: number;
  status: string;
  result: unknown;
  errortext: string | null;
  created: number;
  started: number | null;
  ended: number | null;
};

export type TaskService = {
  service: RunningService;
  token: string;
  rpc: RpcClient;
  /** Adds an operator. */
  addOperator(name: string): Promise<RpcClient>;
  stop(): Promise<void>;
};

/** A fresh service with an executor that runs so many tasks at once; 0: without an executor. */
export async function startTaskService(concurrency: number): Promise<TaskService> {
  const service = await startFreshService({
    SVODKA_EXECUTORS: concurrency === 0 ? '0' : '1',
    SVODKA_EXECUTOR_CONCURRENCY: String(Math.max(1, concurrency)),
    SVODKA_SCRIPT_DIR: SCRIPT_DIR,
    SVODKA_TASKS_OPEN: '1000000',
  });
  const admin = callerWith(service.url, readAdminToken(service.dataDir));
  const clients: RpcClient[] = [];
  const clientFor = (token: string) => {
    const client = createRpcClient(service.url, token);
    clients.push(client);
    return client;
  };
  const add = async (name: string) => (await addUser(service.url, admin, name, ['operator'])).token as string;
  const token = await add('bench');
  return {
    service,
    token,
    rpc: clientFor(token),
    addOperator: async (name) => clientFor(await add(name)),
    async stop() {
      for (const client of clients) client.close();
      await service.stop();
    },
  };
}

/** Creates a task and waits for its end. @throws Error when it did not finish */
export async function runTask(rpc: RpcClient, functionName: string, args: object = {}): Promise<Task> {
  const { id } = await rpc.call<Task>('engine.create', { script: `${BENCH_SCRIPT}.${functionName}`, args });
  return untilFinished(rpc, id);
}

/** Waits for the end of a task. @throws Error when it did not finish */
export async function untilFinished(rpc: RpcClient, id: number): Promise<Task> {
  for (;;) {
    const task = await rpc.call<Task>('engine.result', { task_id: id, wait_s: 60 });
    if (task.status === 'finished') return task;
    if (task.ended !== null) throw new Error(`task ${id} ended ${task.status}: ${task.errortext}`);
  }
}

/** All tasks from `firstId` on, which must have finished. */
export async function finishedFrom(rpc: RpcClient, firstId: number, count: number): Promise<Task[]> {
  const tasks: Task[] = [];
  for (let offset = 0; tasks.length < count; offset += 1_000) {
    const page = await rpc.call<{ items: Task[] }>('engine.list', { order: '-created', offset, limit: 1_000 });
    tasks.push(...page.items.filter(({ id }) => id >= firstId));
    if (page.items.length < 1_000) break;
  }
  if (tasks.length !== count || tasks.some(({ status }) => status !== 'finished')) {
    throw new Error(`${tasks.length} of ${count} tasks were stored and finished`);
  }
  return tasks;
}
