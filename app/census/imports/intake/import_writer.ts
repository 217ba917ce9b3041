import { hasCode } from '../../../errors.js';
import type { CountedImport, RowChunk } from './parse.js';

/**
 * While one chunk is written to the log, the next is inserted. More would only stand in the way of everybody's small
 * calls, 2 ms each.
 */
const CHUNKS_AT_ONCE = 3;

/** What makes a repeat of an import safe: the client's key, and what tells one body from another. */
export type KeyedBody = { key: string; fingerprint: string };

/** Writes one import, chunk by chunk; nobody sees it before finish() has answered. */
export type ImportWriter = {
  /** Resolves when there is room for the next chunk, not when this one is stored. @throws ServiceError when an earlier one could not be */
  add(chunk: RowChunk): Promise<void>;
  /** Publishes the import, with its key in the same transaction, and answers its id. @throws ServiceError */
  finish(counted: CountedImport, keyed?: KeyedBody): Promise<number>;
  /** Gives the import up: its rows are swept. Without effect when there are none. Never fails. */
  discard(): Promise<void>;
};

/** The calls that an import is written by; each is one transaction. Those before the publication have no unknown outcome. */
export type WriteCalls = {
  create(chunk: RowChunk, bytes: number, keyed: KeyedBody | undefined): Promise<number>;
  stage(chunk: RowChunk): Promise<number>;
  append(importId: number, chunk: RowChunk): Promise<void>;
  publish(importId: number, counted: CountedImport, keyed: KeyedBody | undefined): Promise<void>;
  discard(importId: number): Promise<void>;
};

/**
 * The first chunk waits for a second one: an import of a single chunk is one transaction, others are staged.
 * `onStaged` is told the id of one that is.
 */
export function createImportWriter(calls: WriteCalls, onStaged: (importId: number) => void): ImportWriter {
  let first: RowChunk | undefined;
  let staging: Promise<number> | undefined;
  let failure: { reason: unknown } | undefined;
  const appending = new Set<Promise<void>>();

  async function stage(chunk: RowChunk): Promise<number> {
    const importId = await calls.stage(chunk);
    onStaged(importId);
    return importId;
  }

  async function append(importId: number, chunk: RowChunk): Promise<void> {
    try {
      await calls.append(importId, chunk);
    } catch (reason) {
      failure ??= { reason };
    }
  }

  function throwFailure(): void {
    if (failure !== undefined) throw failure.reason;
  }

  return {
    async add(chunk) {
      if (first === undefined) {
        first = chunk;
        return;
      }
      staging ??= stage(first);
      const importId = await staging;
      while (appending.size >= CHUNKS_AT_ONCE) await Promise.race(appending);
      throwFailure();
      const call = append(importId, chunk).finally(() => appending.delete(call));
      appending.add(call);
    },

    async finish(counted, keyed) {
      if (staging === undefined) return calls.create(first as RowChunk, counted.bytes, keyed);
      const importId = await staging;
      throwFailure();
      // Behind the last chunks, not after their answers: Tarantool takes calls in order, and the publication finds all
      // of them or is refused. They reach the disk together, which saves one wait for it.
      try {
        await calls.publish(importId, counted, keyed);
        return importId;
      } catch (reason) {
        // What came of the publication is told only where it is not known; otherwise a chunk has the better reason.
        await Promise.all(appending);
        if (!hasCode(reason, 'OUTCOME_UNKNOWN')) throwFailure();
        throw reason;
      }
    },

    async discard() {
      const importId = await staging?.catch(() => undefined);
      if (importId === undefined) return;
      await Promise.all(appending);
      // Without this the rows would stay until our connection ends. If it ended already, Tarantool has swept them.
      // What was published after all stays.
      await calls.discard(importId).catch(() => {});
    },
  };
}
