import type { Worker } from 'node:worker_threads';
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
  /** A thread whose heap grows beyond this ends, and its task with ERR_WORKER_OUT_OF_MEMORY. */
  maxHeapMb?: number;
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

/** What Piscina's threads post once their module is loaded. */
const LOADED_MESSAGE = '_WORKER_READY';
/** Loading takes 0.3 s, and seconds on a machine with much to do. */
const MAX_LOADING_MS = 10_000;

/** Resolves when the thread has loaded its module, has ended, or must have loaded by now: Piscina may replace one unseen. */
function untilLoaded(thread: Worker): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, MAX_LOADING_MS).unref();
    thread.once('exit', () => resolve());
    thread.on('message', (message: unknown) => {
      if (typeof message === 'object' && message !== null && LOADED_MESSAGE in message) resolve();
    });
  });
}

/**
 * Creates a pool whose threads start on first use. A process that ends threads, or itself, while they load their modules
 * may crash (seen on a busy machine: the service ended by a signal at its stop), so close() waits until they have.
 */
export function createThreadPool<Task, Result>(options: ThreadPoolOptions): ThreadPool<Task, Result> {
  const { url, name, threadCount, tasksAThread = 1, idleMs, maxHeapMb } = options;
  let pool: Piscina<Task, Result> | undefined;
  const loading = new Map<Worker, Promise<void>>();
  let unfinished = 0;

  /** To be called whenever threads may have been started, before they can have posted anything. */
  function watchNewThreads(): void {
    for (const thread of pool?.threads ?? []) {
      if (loading.has(thread)) continue;
      loading.set(thread, untilLoaded(thread));
      thread.once('exit', () => loading.delete(thread));
    }
  }

  function started(): Piscina<Task, Result> {
    pool ??= new Piscina<Task, Result>({
      filename: url.href,
      name,
      // Without `idleMs` all threads are kept: restarting an idle one takes 0.3 s, which two concurrent imports used to
      // pay each time.
      minThreads: idleMs === undefined ? threadCount : 0,
      maxThreads: threadCount,
      concurrentTasksPerWorker: tasksAThread,
      ...(maxHeapMb !== undefined && { resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } }),
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
        const result = started().run(task, { transferList, ...(signal && { signal }) });
        watchNewThreads();
        return await result;
      } finally {
        unfinished--;
      }
    },
    start() {
      started();
      watchNewThreads();
    },
    use() {
      const queued = pool?.queueSize ?? 0;
      return { threads: pool?.threads.length ?? 0, running: unfinished - queued, queued };
    },
    async close() {
      await Promise.all(loading.values());
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
