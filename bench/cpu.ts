import { readFileSync } from 'node:fs';

/** Of Linux on all machines that Node runs on: sysconf(_SC_CLK_TCK). */
const TICK_MS = 10;

/** Milliseconds that the process and its threads have computed so far, kernel time included. */
export function cpuMs(pid: number): number {
  // Behind the name in parentheses, which may hold anything: utime and stime are fields 14 and 15 of the whole.
  const [, rest = ''] = /\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The pid of the only process that this one has started: the service's Tarantool. */
export function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
}

/** Milliseconds computed a second, as a share of one core in percent, while `work` runs. */
export async function cpuShare(pids: readonly number[], work: () => Promise<unknown>): Promise<number[]> {
  const before = pids.map(cpuMs);
  const startedAt = performance.now();
  await work();
  const tookMs = performance.now() - startedAt;
  return pids.map((pid, place) => ((cpuMs(pid) - (before[place] as number)) / tookMs) * 100);
}
