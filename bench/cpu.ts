import { readFileSync } from 'node:fs';

/** sysconf(_SC_CLK_TCK), the same on every Linux machine that Node supports. */
const TICK_MS = 10;

/** CPU time that the process has used so far, in milliseconds: all threads, user and kernel. */
export function cpuMs(pid: number): number {
  // utime and stime are fields 14 and 15; the count starts after the name in parentheses, which may contain anything.
  const [, rest = ''] = /\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The pid of the only child of this process: the service's Tarantool. */
export function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
}

/** CPU use while `work` runs, as a percentage of one core. */
export async function cpuShare(pids: readonly number[], work: () => Promise<unknown>): Promise<number[]> {
  const before = pids.map(cpuMs);
  const startedAt = performance.now();
  await work();
  const tookMs = performance.now() - startedAt;
  return pids.map((pid, place) => ((cpuMs(pid) - (before[place] as number)) / tookMs) * 100);
}
