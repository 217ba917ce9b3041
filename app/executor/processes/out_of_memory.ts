import { writeFileSync } from 'node:fs';

/** Where the machine has no memory left, what the executor runs is ended rather than the database. Children inherit it. */
export function preferForOutOfMemory(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
  } catch {
    // It has ended already.
  }
}
