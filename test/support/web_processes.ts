import { readFileSync } from 'node:fs';
import { hasEnded } from './processes.js';

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}

/** Pids of the web processes that a supervisor runs. */
export function webPids(supervisorPid: number): number[] {
  return childrenOf(supervisorPid).filter((pid) => !hasEnded(pid) && commandOf(pid).includes('--web'));
}
