import { Piscina } from 'piscina';
import type { Metric } from './metric.js';

type Transferred = NonNullable<NonNullable<Parameters<Piscina['run']>[1]>['transferList']>;

/** `running` tasks are being executed; `queued` ones wait for a thread. */
export type ThreadUse = { threads: number; running: number; queued: number };

type ThreadPoolOptions = {
  /** The module that the threads load; it has one exported function. */
  url: URL;
  name: string;
  threadCount: number;
  /** Tasks that one thread executes concurrently; 1 by default. */
  tasksAThread?: number;
  /** Idle threads end after this time and are started again on demand. When missing, threads stay. */
  idleMs?: number;
};

export type ThreadPool<Task, Result> = {
  /**
   * Aborting `signal` cancels the task; if a thread is running it, that thread ends. Do not abort while the thread is
   * still loading modules: Node leaks the file descriptors that are being read at that moment.
   */
  run(task: Task, transferList: Transferred, signal?: AbortSignal): Promise<Result>;
  start(): void;
  use(): ThreadUse;
  close(): Promise<void>;
};

/** Creates a pool whose threads start on first use: a process that exits while threads are starting may crash. */
export function createThreadPool<Task, Result>(options: ThreadPoolOptions): ThreadPool<Task, Result> {
  const { url, name, threadCount, tasksAThread = 1, idleMs } = options;
  let pool: Piscina<Task, Result> | undefined;
  let unfinished = 0;

  function started(): Piscina<Task, Result> {
    pool ??= new Piscina<Task, Result>({
      filename: url.href,
      name,
      // Without `idleMs` all threads are kept: restarting an idle one takes 0.3 s, which two concurrent imports used to
      // pay each time.
      minThreads: idleMs === undefined ? threadCount : 0,
      maxThreads: threadCount,
      concurrentTasksPerWorker: tasksAThread,
      idleTimeout: idleMs ?? Number.POSITIVE_INFINITY,
      // Piscina replaces a thread that dies without a task; its error is rethrown as an uncaught one.
    }).on('error', (reason) => {
      queueMicrotask(() => {
        throw reason;
      });
    });
    return pool;
  }

  return {
    async run(task, transferList, signal) {
      unfinished++;
      try {
        return await started().run(task, { transferList, ...(signal && { signal }) });
      } finally {
        unfinished--;
      }
    },
    start() {
      started();
    },
    use() {
      const queued = pool?.queueSize ?? 0;
      return { threads: pool?.threads.length ?? 0, running: unfinished - queued, queued };
    },
    async close() {
      await pool?.destroy();
    },
  };
}

/** What /metrics tells of a pool. `pool`: what its threads do. */
export function threadMetrics(pool: string, use: () => ThreadUse): Metric[] {
  return [
    {
      name: 'svodka_worker_threads',
      help: 'Worker threads by purpose.',
      kind: 'gauge',
      labels: ['pool'],
      read: () => [[{ pool }, use().threads]],
    },
    {
      name: 'svodka_worker_tasks',
      help: 'Tasks being executed by worker threads, or waiting for one.',
      kind: 'gauge',
      labels: ['pool', 'state'],
      read() {
        const { running, queued } = use();
        return [
          [{ pool, state: 'running' }, running],
          [{ pool, state: 'queued' }, queued],
        ];
      },
    },
  ];
}
