import type { Operation } from './document.js';
import type { RequestParts } from './parts.js';

/** Maximum number of follow-up reads per write. */
const MAX_READS = 2;

/**
 * Plain reads of the object of a write, in turn: after PATCH /citizens/{id} the citizen and its history, after a DELETE
 * the deleted object.
 */
export function createFollowUps(operations: readonly Operation[]): (written: RequestParts) => RequestParts[] {
  let turn = 0;
  const isReadOf = (written: RequestParts) => (read: Operation) =>
    read.method === 'GET' &&
    read.path.startsWith(written.operation.path) &&
    read.parameters.every(({ name, in: place, required }) => !required || (place === 'path' && name in written.path));
  return (written) => {
    const reads = operations.filter(isReadOf(written));
    return reads.slice(0, MAX_READS).map((_, place) => ({
      operation: reads[(turn++ + place) % reads.length] as Operation,
      path: written.path,
      query: [],
      headers: [],
      framing: 'length',
    }));
  };
}
