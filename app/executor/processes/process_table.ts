import { readdirSync, readFileSync } from 'node:fs';

/** A process as /proc tells of it. `startTime`: in clock ticks since the machine's start, which tells a reused pid apart. */
export type ProcessEntry = { pid: number; parentPid: number; groupId: number; startTime: number; isZombie: boolean };

/** Linux on all machines with Node 20 has pages of 4 KiB, but for a few kinds of ARM with larger ones. */
const PAGE_BYTES = 4096;

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // The process has ended, or belongs to another user.
    return undefined;
  }
}

/** One process; undefined when there is none. */
export function readProcess(pid: number): ProcessEntry | undefined {
  const stat = readOrNothing(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name stands in parentheses and may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    isZombie: fields[0] === 'Z' || fields[0] === 'X',
    parentPid: Number(fields[1]),
    groupId: Number(fields[2]),
    startTime: Number(fields[19]),
  };
}

/** Whether the number is that of a thread other than the first of its process; /proc answers for those too. */
export function isThread(pid: number): boolean {
  const status = readOrNothing(`/proc/${pid}/status`);
  return status !== undefined && Number(/^Tgid:\s*(\d+)$/m.exec(status)?.[1]) !== pid;
}

/** All processes that this one may see. O(processes of the machine), some 20 us each. */
export function listPids(): number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

/** The pid that was given last, to a process or a thread of anybody. */
export function lastPid(): number {
  return Number(readFileSync('/proc/loadavg', 'latin1').trim().split(' ').at(-1));
}

/** Sends a signal to a process group; nothing happens when it has ended, or belongs to another user. */
export function signalGroup(groupId: number, name: NodeJS.Signals): void {
  signalProcess(-groupId, name);
}

export function signalProcess(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

/** The environment that the process was started with; empty in the middle of exec, undefined where it may not be read. */
export function readEnvironment(pid: number): string | undefined {
  return readOrNothing(`/proc/${pid}/environ`);
}

/** The value of a variable in an environment that was read; undefined when it has none. */
export function valueIn(environment: string, name: string): string | undefined {
  const entry = environment.split('\0').find((each) => each.startsWith(`${name}=`));
  return entry?.slice(name.length + 1);
}

/** A variable of the environment that the process was started with; undefined when it had none. */
export function environmentOf(pid: number, name: string): string | undefined {
  const environment = readEnvironment(pid);
  return environment === undefined ? undefined : valueIn(environment, name);
}

/** Bytes of memory that the process holds now; 0 when it is gone. */
export function residentBytes(pid: number): number {
  const statm = readOrNothing(`/proc/${pid}/statm`);
  return statm === undefined ? 0 : Number(statm.split(' ')[1]) * PAGE_BYTES;
}
