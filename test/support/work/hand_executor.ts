import assert from 'node:assert/strict';
import type { Client } from '../../../app/db/client.js';
import { ByteString } from '../../../app/db/wire/msgpack.js';
import { JOB_PROCEDURES, type OutcomeTuple } from '../../../app/work/jobs/procedures.js';

/** A job taken by the test. */
export type Held = {
  id: number;
  lease: number;
  report(progress: { fraction: number; text: string } | undefined, log?: string): Promise<void>;
  /** Stores the next piece of a file. */
  attach(bytes: Uint8Array): Promise<void>;
  finish(result: unknown, contentType?: string): Promise<void>;
  fail(errortext: string, cause?: object): Promise<void>;
  /** Releases the job, as after a cancellation. */
  stop(): Promise<void>;
};

/** An executor controlled by the test, which calls the same procedures as the real one. */
export type HandExecutor = {
  /** Takes ready jobs until it gets this one. */
  take(id: number): Promise<Held>;
};

export function createHandExecutor(db: Client, name = 'by hand'): HandExecutor {
  const taken = new Map<number, Held>();

  function hold(id: number, lease: number): Held {
    let logEnd = 0;
    const sizes: number[] = [];
    const settle = async (kind: OutcomeTuple[2], body: OutcomeTuple[3]) => {
      const [, verdicts] = await db.call(JOB_PROCEDURES.settleJobs, [name, [[id, lease, kind, body]], null]);
      assert.deepEqual(verdicts, ['ok']);
    };
    return {
      id,
      lease,
      async report(progress, log) {
        const at = log === undefined ? null : logEnd;
        const shown = progress === undefined ? null : JSON.stringify(progress);
        const [, lost] = await db.call(JOB_PROCEDURES.reportJobs, [name, [[id, lease, shown, at, log ?? null]]]);
        assert.deepEqual(lost, []);
        logEnd += Buffer.byteLength(log ?? '');
      },
      async attach(bytes) {
        await db.call(JOB_PROCEDURES.attachPiece, [id, lease, sizes.length, new ByteString(bytes)]);
        sizes.push(bytes.length);
      },
      finish(result, contentType = 'application/octet-stream') {
        const bytes = sizes.reduce((sum, size) => sum + size, 0);
        const file = sizes.length === 0 ? {} : { file: [sizes.length, bytes, contentType] as const };
        return settle('finish', { result: JSON.stringify(result), ...file });
      },
      fail: (errortext, cause = { kind: 'error' }) => settle('fail', { errortext, cause: JSON.stringify(cause) }),
      stop: () => settle('stop', {}),
    };
  }

  return {
    async take(id) {
      while (!taken.has(id)) {
        const [, , jobs] = await db.call(JOB_PROCEDURES.pollJobs, [name, { script: 1_000 }, 30], {
          deadlineMs: 60_000,
        });
        for (const job of jobs) taken.set(job[0], hold(job[0], job[26]));
      }
      const held = taken.get(id) as Held;
      taken.delete(id);
      return held;
    },
  };
}
