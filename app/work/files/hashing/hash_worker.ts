import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';

/**
 * What the thread is asked for: to hash a file up to `upTo`, beginning at `from` when the job is new. `isLast`: the
 * result is the digest, and the job ends. `isDropped`: the job ends without a result.
 */
export type HashTask = { job: number; fd: number; from: number; upTo: number; isLast?: true; isDropped?: true };

/** Between two pieces other jobs get their turn: 1 to 3 ms. */
const PIECE_BYTES = 1024 * 1024;

type Job = { hash: Hash; at: number; upTo: number; running: Promise<void> | undefined };

const jobs = new Map<number, Job>();
const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);

function hashPiece(job: Job, fd: number): void {
  // The file is read by its descriptor, which belongs to the whole process; its pages are still in the memory.
  const count = readSync(fd, piece, 0, Math.min(PIECE_BYTES, job.upTo - job.at), job.at);
  if (count === 0) throw new Error('the file has become shorter while it was hashed');
  job.hash.update(piece.subarray(0, count));
  job.at += count;
}

async function hashAll(job: Job, fd: number): Promise<void> {
  while (job.at < job.upTo) {
    hashPiece(job, fd);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Runs in a worker thread, which serves any number of jobs a piece at a time. Returns the digest of a last task. */
export async function hashInWorker({
  job: id,
  fd,
  from,
  upTo,
  isLast,
  isDropped,
}: HashTask): Promise<Buffer | undefined> {
  const job = jobs.get(id) ?? { hash: createHash('sha256'), at: from, upTo: from, running: undefined };
  jobs.set(id, job);
  if (isLast || isDropped) jobs.delete(id);
  job.upTo = isDropped ? job.at : Math.max(job.upTo, upTo);
  job.running ??= hashAll(job, fd);
  try {
    await job.running;
  } finally {
    job.running = undefined;
  }
  return isLast ? job.hash.digest() : undefined;
}
