import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { until } from './until.js';

/** A zombie, which waits for whoever started it, has ended too. */
export function hasEnded(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return true;
  }
}

/** Inodes of the sockets that a process holds open. */
function socketInodes(pid: number): Set<string> {
  const inodes = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed between the listing and the look.
    }
  }
  return inodes;
}

const LISTENS = '0A';

/** Addresses in the kernel's hexadecimal (`0100007F:1F90` is 127.0.0.1:8080) that a process listens on over TCP. */
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

/** Pids of processes whose command line or environment holds the text, our own aside. */
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

/** Waits until a process that is not ours to wait for has ended. */
export function untilGone(pid: number): Promise<boolean> {
  return until(`process ${pid} is gone`, () => hasEnded(pid));
}
