import { hasCode } from '../errors.js';

/** After so many reads that a change spoilt, all is read in one call: it stalls others once, but it ends. */
const MAX_SPOILT_READS = 3;

/**
 * Runs a read of several calls until no change of the import came between them; in the end `read` is told to make one
 * call of it. @throws what `read` throws
 */
export async function ofOneState<Result>(read: (inOneCall: boolean) => Promise<Result>): Promise<Result> {
  for (let spoilt = 0; spoilt < MAX_SPOILT_READS; spoilt++) {
    try {
      return await read(false);
    } catch (reason) {
      if (!hasCode(reason, 'IMPORT_KEEPS_CHANGING')) throw reason;
    }
  }
  return read(true);
}
