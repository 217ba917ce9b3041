import { createThreadPool, type ThreadUse } from '../../../thread_pool.js';
import type { HashTask } from './hash_worker.js';

/** The SHA-256 of a part of an open file, computed while the file grows. */
type Digesting = {
  /** The file has been written up to this byte. Never waits. */
  advance(upTo: number): void;
  /** The digest of the bytes from the beginning of the part up to this byte. */
  finish(upTo: number): Promise<Buffer>;
  /** Ends an unfinished computation; call it before the file is closed. */
  drop(): Promise<void>;
};

export type Hasher = {
  /** `fd` must stay open until the digest is finished or dropped. */
  digest(fd: number, from: number): Digesting;
  threadUse(): ThreadUse;
  close(): Promise<void>;
};

/** A thread takes this many jobs, all of which advance in turn. */
const MAX_JOBS = 100_000;

/**
 * Hashes files in one thread, off the event loop: 4 GiB take 2 to 10 s. It reads the bytes again from the file, which
 * costs less than passing them between threads.
 */
export function createHasher(): Hasher {
  const pool = createThreadPool<HashTask, Uint8Array | undefined>({
    url: new URL('./hash_worker.js', import.meta.url),
    name: 'hashInWorker',
    // The state of a job stays in the thread.
    threadCount: 1,
    tasksAThread: MAX_JOBS,
  });
  let jobCount = 0;

  function digest(fd: number, from: number): Digesting {
    const job = jobCount++;
    let reached = from;
    let wanted = from;
    let advancing: Promise<unknown> | undefined;
    let failure: unknown;
    let isOver = false;

    /** One task at a time, however many windows arrive meanwhile. */
    async function catchUp(): Promise<void> {
      try {
        while (reached < wanted && !isOver) {
          const upTo = wanted;
          await pool.run({ job, fd, from, upTo }, []);
          reached = upTo;
        }
      } catch (reason) {
        failure = reason;
      } finally {
        advancing = undefined;
      }
    }

    return {
      advance(upTo) {
        wanted = upTo;
        if (failure === undefined) advancing ??= catchUp();
      },
      async finish(upTo) {
        isOver = true;
        await advancing;
        if (failure !== undefined) throw failure;
        const bytes = await pool.run({ job, fd, from, upTo, isLast: true }, []);
        return Buffer.from(bytes as Uint8Array);
      },
      async drop() {
        if (isOver) return;
        isOver = true;
        await advancing;
        if (wanted > from) await pool.run({ job, fd, from, upTo: from, isDropped: true }, []).catch(() => {});
      },
    };
  }

  return { digest, threadUse: pool.use, close: pool.close };
}
