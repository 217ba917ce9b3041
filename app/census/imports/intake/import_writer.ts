import { hasCode } from '../../../errors.js';
import type { CountedImport, RowChunk } from './parse.js';

/** While one chunk is written to the log, the next is inserted. More would only delay other calls, by 2 ms each. */
const CHUNKS_AT_ONCE = 3;

/** Makes a repeated import safe: the client's key, and the fingerprint of the body. */
export type KeyedBody = { key: string; fingerprint: string };

/** Writes one import chunk by chunk; it is invisible until finish() publishes it. */
export type ImportWriter = {
  /**
   * Resolves when there is room for the next chunk, not when this one is stored.
   * @throws ServiceError when an earlier chunk could not be stored
   */
  add(chunk: RowChunk): Promise<void>;
  /** Publishes the import, with its key in the same transaction, and returns its id. @throws ServiceError */
  finish(counted: CountedImport, keyed?: KeyedBody): Promise<number>;
  /** Abandons the import; its rows are swept. Does nothing when there are none. Never fails. */
  discard(): Promise<void>;
};

/** The calls that write an import, each one transaction. Calls before the publication never end in OUTCOME_UNKNOWN. */
export type WriteCalls = {
  create(chunk: RowChunk, bytes: number, keyed: KeyedBody | undefined): Promise<number>;
  stage(chunk: RowChunk): Promise<number>;
  append(importId: number, chunk: RowChunk): Promise<void>;
  publish(importId: number, counted: CountedImport, keyed: KeyedBody | undefined): Promise<void>;
  discard(importId: number): Promise<void>;
};

/**
 * Keeps the first chunk until a second one comes: an import of a single chunk is one transaction, others are staged.
 * `onStaged` gets the id of a staged import.
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
      // Sent right after the last chunks, without waiting for their replies: Tarantool runs calls in order, and refuses the
      // publication when a chunk is missing. All reach the disk together, which saves one wait for it.
      try {
        await calls.publish(importId, counted, keyed);
        return importId;
      } catch (reason) {
        // A failed chunk is the better reason, unless the outcome of the publication is unknown.
        await Promise.all(appending);
        if (!hasCode(reason, 'OUTCOME_UNKNOWN')) throwFailure();
        throw reason;
      }
    },

    async discard() {
      const importId = await staging?.catch(() => undefined);
      if (importId === undefined) return;
      await Promise.all(appending);
      // Otherwise the rows would stay until this connection ends. If it ended already, Tarantool has swept them.
      // An import that was published after all stays.
      await calls.discard(importId).catch(() => {});
    },
  };
}
