import { setFlagsFromString } from 'node:v8';

/**
 * V8 starts to mark its whole heap when that has reached its limit, instead of before: memory outside the heap counts
 * towards the limit, so a process that receives imports would mark it every few of them (ADR 0035). Can be set at run
 * time, unlike the size of the heap. For all threads.
 */
export function markLate(): void {
  setFlagsFromString('--incremental-marking-soft-trigger=100');
}
