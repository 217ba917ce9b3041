import { readdirSync, readFileSync } from 'node:fs';

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

/** What all threads of a process have used so far. */
export type ThreadsUse = {
  /** To the nanosecond, where cpuMs counts ticks of 10 ms. */
  cpuMs: number;
  /** How often a thread had gone to sleep, and was woken. */
  wakeUps: number;
};

export function threadsUse(pid: number): ThreadsUse {
  const use = { cpuMs: 0, wakeUps: 0 };
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${thread}`;
    const [ranNs = '0'] = readFileSync(`${folder}/schedstat`, 'utf8').split(' ');
    use.cpuMs += Number(ranNs) / 1e6;
    use.wakeUps += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`${folder}/status`, 'utf8'))?.[1]);
  }
  return use;
}
