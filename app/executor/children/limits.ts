import type { ProcessFamily } from '../processes/process_family.js';

/** Memory is looked at so often; what takes 1 GB faster than this is found one look later. */
const LOOK_EVERY_MS = 250;
/** Of a task with all that it starts: what forks without end is found here, before the machine has no pids left. */
export const MAX_PROCESSES = 64;

export type Limits = { timeoutMs: number; memoryBytes: number };
export type Exceeded = 'timeout' | 'memory' | 'processes';

/** Calls `onExceeded` once when a running task is over a limit. Answers a function that ends the watch. */
export function watchLimits(
  family: ProcessFamily,
  { timeoutMs, memoryBytes }: Limits,
  onExceeded: (limit: Exceeded) => void,
): () => void {
  const endsAt = performance.now() + timeoutMs;
  const timer = setInterval(look, Math.min(LOOK_EVERY_MS, timeoutMs));

  function exceeded(): Exceeded | undefined {
    if (performance.now() >= endsAt) return 'timeout';
    if (family.descendants().length > MAX_PROCESSES) return 'processes';
    return family.residentBytes() > memoryBytes ? 'memory' : undefined;
  }
  function look(): void {
    const limit = exceeded();
    if (limit === undefined) return;
    clearInterval(timer);
    onExceeded(limit);
  }
  return () => clearInterval(timer);
}
