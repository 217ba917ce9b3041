import { Piscina } from 'piscina';
import type { Metric } from './metric.js';

type Transferred = NonNullable<NonNullable<Parameters<Piscina['run']>[1]>['transferList']>;

/** `running` tasks share the threads; `queued` ones wait for a place. */
export type ThreadUse = { threads: number; running: number; queued: number };

export type ThreadPoolOptions = {
  /** The module that the threads run, and its exported function. */
  url: URL;
  name: string;
  threadCount: number;
  /** Tasks that a thread has in work at once; one when missing. */
  tasksAThread?: number;
  /** A thread without a task for so long ends, and starts again when it is needed; missing: they stay. */
  idleMs?: number;
};

export type ThreadPool<Task, Result> = {
  /**
   * `signal` takes the task back: where a thread is at it, that thread ends. It must not do so while the thread still
   * loads modules: Node leaves the files open that are read then.
   */
  run(task: Task, transferList: Transferred, signal?: AbortSignal): Promise<Result>;
  start(): void;
  use(): ThreadUse;
  close(): Promise<void>;
};

/** Threads that start when they are first needed: a process that ends while threads start may crash. */
export function createThreadPool<Task, Result>(options: ThreadPoolOptions): ThreadPool<Task, Result> {
  const { url, name, threadCount, tasksAThread = 1, idleMs } = options;
  let pool: Piscina<Task, Result> | undefined;
  let underWay = 0;

  function started(): Piscina<Task, Result> {
    pool ??= new Piscina<Task, Result>({
      filename: url.href,
      name,
      // All of them, always, if nothing is said: a thread that ends when it is idle takes 0.3 s to come back, which two
      // imports at once paid each time.
      minThreads: idleMs === undefined ? threadCount : 0,
      maxThreads: threadCount,
      concurrentTasksPerWorker: tasksAThread,
      idleTimeout: idleMs ?? Number.POSITIVE_INFINITY,
      // A thread that dies without a task is replaced; what it died of goes where all errors go that nobody awaits.
    }).on('error', (reason) => {
      queueMicrotask(() => {
        throw reason;
      });
    });
    return pool;
  }

  return {
    async run(task, transferList, signal) {
      underWay++;
      try {
        return await started().run(task, { transferList, ...(signal && { signal }) });
      } finally {
        underWay--;
      }
    },
    start() {
      started();
    },
    use() {
      const queued = pool?.queueSize ?? 0;
      return { threads: pool?.threads.length ?? 0, running: underWay - queued, queued };
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
      help: 'Threads, by what they do.',
      kind: 'gauge',
      labels: ['pool'],
      read: () => [[{ pool }, use().threads]],
    },
    {
      name: 'svodka_worker_tasks',
      help: 'What the threads have in work, and what waits for them.',
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
