import { pointerBelow } from '../http/violations.js';

/** Deeper values are of no use to anybody, and code that walks them would need a stack as deep. */
export const MAX_DEPTH = 100;

/** Where in a value something is wrong. `path`: keys from the value inwards, the innermost first. */
type Fault = { path: string[]; detail: string };

function findFault(value: unknown, depth: number, maxDepth: number): Fault | undefined {
  if (typeof value === 'number') {
    return Number.isFinite(value)
      ? undefined
      : { path: [], detail: 'is a number that no double holds: it would be changed' };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > maxDepth) return { path: [], detail: `is nested more than ${MAX_DEPTH} levels deep` };
  for (const key of Object.keys(value)) {
    const fault = findFault((value as Record<string, unknown>)[key], depth + 1, maxDepth);
    if (fault === undefined) continue;
    fault.path.push(key);
    return fault;
  }
  return undefined;
}

/**
 * The first value among the members of `params` that JSON could not give back: nested more than MAX_DEPTH levels deep, or
 * a number that no double holds, which the parser makes infinite. Undefined when there is none. O(size)
 */
export function findUnstorable(params: object | undefined): { pointer: string; detail: string } | undefined {
  // The members of params are level 1.
  const fault = findFault(params, 0, MAX_DEPTH);
  if (fault === undefined) return undefined;
  let pointer = '';
  for (const key of fault.path.reverse()) {
    const next = pointerBelow(pointer, key);
    // Of a key that is too long to be repeated, to the object that has it.
    if (next === pointer) break;
    pointer = next;
  }
  return { pointer, detail: fault.detail };
}
