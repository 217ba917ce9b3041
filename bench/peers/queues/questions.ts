/** A job queue as the bench asks it. A job is durable once it is stored, and does nothing. */
export type QueueParts = {
  /** Stores a job. */
  addOne(): Promise<unknown>;
  /** Stores jobs in one call. */
  addMany(count: number): Promise<unknown>;
  /**
   * Works on jobs, four at once. `onBegun` gets the time of the first line of each job's function, in milliseconds since
   * 1970. Returns the function that ends the work.
   */
  startWorker(onBegun: (atMs: number) => void): Promise<() => Promise<unknown>>;
  /** Jobs that are stored and not done. */
  leftCount(): Promise<number>;
  /** Removes or does the jobs that are left. */
  clear(): Promise<unknown>;
};

export type Questions = {
  /** Jobs added in a second by so many clients, each in calls of `size`. */
  added(parts: { count: number; clients: number; size: number }): Promise<number>;
  /** Jobs done in a second, of those stored when the worker starts: from the first one's begin until none is left. */
  done(parts: { count: number }): Promise<number>;
  /** Milliseconds from adding a job to the first line of its function, of `count` jobs with pauses between them. */
  latency(parts: { count: number; pauseMs: number }): Promise<number[]>;
};

export type Question = {
  [Name in keyof Questions]: { name: Name; parts: Parameters<Questions[Name]>[0] };
}[keyof Questions];

const STORE_SIZE = 100;

export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Splits a number of jobs into calls of at most `size`. */
function callsOf(count: number, size: number): number[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => Math.min(size, count - i * size));
}

function createQuestions(queue: QueueParts): Questions {
  return {
    async added({ count, clients, size }) {
      const calls = callsOf(count, size);
      const startedAt = nowMs();
      await Promise.all(
        Array.from({ length: clients }, async () => {
          for (let each = calls.pop(); each !== undefined; each = calls.pop()) {
            await (each === 1 ? queue.addOne() : queue.addMany(each));
          }
        }),
      );
      const seconds = (nowMs() - startedAt) / 1_000;
      await queue.clear();
      return count / seconds;
    },

    async done({ count }) {
      for (const size of callsOf(count, STORE_SIZE)) await queue.addMany(size);
      let startedAt = Number.POSITIVE_INFINITY;
      let begun = 0;
      let stop: () => Promise<unknown> = () => Promise.resolve();
      await new Promise<void>((resolve, reject) => {
        const onBegun = (atMs: number) => {
          startedAt = Math.min(startedAt, atMs);
          if (++begun === count) resolve();
        };
        queue.startWorker(onBegun).then((ends) => {
          stop = ends;
        }, reject);
      });
      while ((await queue.leftCount()) > 0);
      const seconds = (nowMs() - startedAt) / 1_000;
      await stop();
      return count / seconds;
    },

    async latency({ count, pauseMs }) {
      let onBegun = (_atMs: number) => {};
      const stop = await queue.startWorker((atMs) => onBegun(atMs));
      const delays: number[] = [];
      for (let i = 0; i < count; i++) {
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        const addedAt = nowMs();
        const begunAt = new Promise<number>((resolve) => {
          onBegun = resolve;
        });
        await queue.addOne();
        delays.push((await begunAt) - addedAt);
      }
      await stop();
      return delays;
    },
  };
}

/** Answers the questions of the parent process, one after the other, about this queue. */
export function answerQuestions(queue: QueueParts): void {
  const questions = createQuestions(queue);
  process.on('message', async ({ name, parts }: Question) => {
    try {
      process.send?.({ answer: await (questions[name] as (given: typeof parts) => Promise<unknown>)(parts) });
    } catch (reason) {
      process.send?.({ error: String((reason as Error).stack) });
    }
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ answer: 'ready' });
}
