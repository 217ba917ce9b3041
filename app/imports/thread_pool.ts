import { Piscina } from 'piscina';

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
};

export type ThreadPool<Task, Result> = {
  run(task: Task, transferList: Transferred): Promise<Result>;
  start(): void;
  use(): ThreadUse;
  close(): Promise<void>;
};

/** Threads that start when they are first needed: a process that ends while threads start may crash. */
export function createThreadPool<Task, Result>(options: ThreadPoolOptions): ThreadPool<Task, Result> {
  const { url, name, threadCount, tasksAThread = 1 } = options;
  let pool: Piscina<Task, Result> | undefined;
  let underWay = 0;

  function started(): Piscina<Task, Result> {
    pool ??= new Piscina<Task, Result>({
      filename: url.href,
      name,
      // All of them, always: a thread that ends when it is idle takes 0.3 s to come back, which two imports at once paid
      // each time.
      minThreads: threadCount,
      maxThreads: threadCount,
      concurrentTasksPerWorker: tasksAThread,
    });
    return pool;
  }

  return {
    async run(task, transferList) {
      underWay++;
      try {
        return await started().run(task, { transferList });
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
