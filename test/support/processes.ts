import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { until } from './until.js';

/** A zombie counts as ended, although its parent has not reaped it. */
export function hasEnded(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return true;
  }
}

/** Inodes of a process's open sockets. */
function socketInodes(pid: number): Set<string> {
  const inodes = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed since the folder was listed.
    }
  }
  return inodes;
}

const LISTENS = '0A';

/** The kernel's hexadecimal addresses (`0100007F:1F90` is 127.0.0.1:8080) on which a process listens over TCP. */
export function tcpListeners(pid: number): string[] {
  const inodes = socketInodes(pid);
  return ['tcp', 'tcp6'].flatMap((family) =>
    readFileSync(`/proc/${pid}/net/${family}`, 'latin1')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === LISTENS && inodes.has(columns[9] as string))
      .map((columns) => columns[1] as string),
  );
}

/** Pids of processes whose command line or environment contains the text, except our own. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && !hasEnded(Number(name)))
    .filter((name) => {
      try {
        return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${name}/${file}`, 'utf8').includes(text));
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Waits until a process that is not our child has ended. */
export function untilGone(pid: number): Promise<boolean> {
  return until(`process ${pid} is gone`, () => hasEnded(pid));
}
