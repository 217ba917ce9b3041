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

/**
 * The calls that write an import, each one transaction. Calls before the publication never end in OUTCOME_UNKNOWN. A
 * staged import is named by a token, so that no call waits for the answer that has its id.
 */
export type WriteCalls = {
  create(chunk: RowChunk, bytes: number, keyed: KeyedBody | undefined): Promise<number>;
  newToken(): number;
  /** Leaves nothing staged when it fails. */
  stage(token: number, chunk: RowChunk): Promise<number>;
  append(token: number, chunk: RowChunk): Promise<void>;
  publish(token: number, counted: CountedImport, keyed: KeyedBody | undefined): Promise<void>;
  discard(importId: number): Promise<void>;
};

/** A staged import, or one that is being staged. */
type Staging = { token: number; importId: Promise<number> };

/**
 * An import of a single chunk is one transaction; others are staged. Tarantool runs the calls of a connection in order,
 * so the other chunks are sent while the first is being stored. `onStaged` gets the id of a staged import.
 */
export function createImportWriter(calls: WriteCalls, onStaged: (importId: number) => void): ImportWriter {
  let only: RowChunk | undefined;
  let staging: Staging | undefined;
  let failure: { reason: unknown } | undefined;
  const appending = new Set<Promise<void>>();

  function stage(chunk: RowChunk): Staging {
    const token = calls.newToken();
    const importId = calls.stage(token, chunk);
    importId.then(onStaged, (reason) => {
      failure ??= { reason };
    });
    return { token, importId };
  }

  async function append({ token, importId }: Staging, chunk: RowChunk): Promise<void> {
    try {
      await calls.append(token, chunk);
    } catch (reason) {
      // Without the first chunk every other one fails too. Its failure is the reason, and may be known later.
      await importId.catch(() => {});
      failure ??= { reason };
    }
  }

  function throwFailure(): void {
    if (failure !== undefined) throw failure.reason;
  }

  return {
    async add(chunk) {
      if (staging === undefined) {
        if (chunk.isLast) only = chunk;
        else staging = stage(chunk);
        return;
      }
      while (appending.size >= CHUNKS_AT_ONCE) await Promise.race(appending);
      throwFailure();
      const call = append(staging, chunk).finally(() => appending.delete(call));
      appending.add(call);
    },

    async finish(counted, keyed) {
      if (staging === undefined) return calls.create(only as RowChunk, counted.bytes, keyed);
      throwFailure();
      // Sent right after the last chunks, without waiting for their replies: Tarantool refuses the publication when a chunk
      // is missing. All reach the disk together, which saves a wait for it.
      try {
        await calls.publish(staging.token, counted, keyed);
        return await staging.importId;
      } catch (reason) {
        // A failed chunk is the better reason, unless the outcome of the publication is unknown.
        await Promise.allSettled([staging.importId, ...appending]);
        if (!hasCode(reason, 'OUTCOME_UNKNOWN')) throwFailure();
        throw reason;
      }
    },

    async discard() {
      const importId = await staging?.importId.catch(() => undefined);
      if (importId === undefined) return;
      await Promise.all(appending);
      // Otherwise the rows would stay until this connection ends. If it ended already, Tarantool has swept them.
      // An import that was published after all stays.
      await calls.discard(importId).catch(() => {});
    },
  };
}
