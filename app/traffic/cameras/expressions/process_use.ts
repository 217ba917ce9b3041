import { readFileSync } from 'node:fs';

const NS_PER_MS = 1e6;
/** Of memory, on the processors that Node 20 supports on Linux. */
const PAGE_BYTES = 4_096;

export type ProcessUse = { cpuMs: number; residentBytes: number };

/**
 * Processor time of a process's main thread, and its memory. Undefined when it has gone, and where there is no /proc.
 * About 30 us.
 */
export function readProcessUse(pid: number): ProcessUse | undefined {
  try {
    const [runNs] = readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ');
    const [, pages] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ');
    return { cpuMs: Number(runNs) / NS_PER_MS, residentBytes: Number(pages) * PAGE_BYTES };
  } catch {
    return undefined;
  }
}
