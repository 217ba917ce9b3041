import { readFileSync } from 'node:fs';

/** A process of the service. `role`: what it is for. */
export type Member = { pid: number; role: 'service' | 'database' | 'executor' | 'interpreter' | 'guard' };

const ROLES: readonly (readonly [pattern: RegExp, role: Member['role']])[] = [
  [/app\/executor\/javascript\/program\.js/, 'interpreter'],
  [/app\/executor\/main\.js/, 'executor'],
  [/guard\.sh/, 'guard'],
  [/tarantool/, 'database'],
  [/app\/main\.js/, 'service'],
];

/** Children may be started by any thread of a process. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

/** The process of a service and all that descend from it. @throws Error for one of no known role */
export function familyOf(pid: number): Member[] {
  const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  const role = ROLES.find(([pattern]) => pattern.test(command))?.[1];
  if (role === undefined) throw new Error(`the service has started ${command}`);
  return [{ pid, role }, ...childrenOf(pid).flatMap(familyOf)];
}

/** Bytes of memory that the process holds for itself alone: what it shares with others is counted by nobody's part. */
export function ownBytes(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  const kilobytes = [...text.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+)/gm)].map(([, count]) => Number(count));
  return kilobytes.reduce((sum, each) => sum + each, 0) * 1_024;
}

/** Bytes of memory that are in use by the process, those shared with others included. */
export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
}
