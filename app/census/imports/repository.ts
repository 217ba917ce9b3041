import { type ChangePlace, type Changes, pollChanges } from '../../db/change_feed.js';
import type { Client } from '../../db/client.js';
import { ByteParts } from '../../db/wire/byte_parts.js';
import { hasCode, ServiceError } from '../../errors.js';
import type { DataState } from '../../http/answers/etags.js';
import type { NumberPage } from '../../http/query/number_page.js';
import { releaseMemory } from '../../release_memory.js';
import type { PackedCounts } from './across_records/import_counts.js';
import { createImportWriter, type ImportWriter, type KeyedBody, type WriteCalls } from './intake/import_writer.js';
import type { RowChunk } from './intake/parse.js';
import { type ImportFields, PROCEDURES } from './procedures.js';

export type ImportsRepository = {
  /**
   * Writes one import as it comes. `onStaged` gets its id when it is too large for one transaction. `key`: the one that it
   * will be stored with, if any.
   */
  createWriter(onStaged: (importId: number) => void, key?: string): ImportWriter;
  /**
   * Claims a key for an import that will be stored with it; returns the claim, or what is stored under the key already.
   * @throws ServiceError IDEMPOTENCY_KEY_IN_USE while another request holds the claim
   */
  claimKey(key: string): Promise<KeyClaim | StoredKey>;
  /** Newest first, staged ones too; those with ids below `below`. `nextBelow`: null on the last page. */
  listImports(page: NumberPage): Promise<{ imports: ImportProgress[]; nextBelow: number | null }>;
  /** `expectedVersions`: the import must have one of them. @throws ServiceError IMPORT_NOT_FOUND, PRECONDITION_FAILED */
  deleteImport(importId: number, expectedVersions?: readonly number[]): Promise<void>;
  /** Import ids that changed after the place, with their versions (0: deleted); waits two seconds for a change. */
  changes(place?: ChangePlace): Promise<Changes>;
  /** @throws ServiceError IMPORT_NOT_FOUND */
  progress(importId: number): Promise<ImportProgress>;
  /** The state of the import's data. @throws ServiceError IMPORT_NOT_FOUND */
  state(importId: number): Promise<DataState>;
};

/** `release` frees a key under which nothing was stored. Never fails: without a connection the key is free anyway. */
type KeyClaim = { release(): Promise<void> };
export type StoredKey = { importId: number; fingerprint: string };

export type ImportProgress = {
  importId: number;
  state: 'staging' | 'published';
  /** Citizens stored so far. */
  citizenCount: number;
  /** Bytes of the decoded body; undefined when an earlier version of the service stored the import. */
  bytes: number | undefined;
  /** Seconds of the epoch. */
  createdAt: number;
  publishedAt: number | undefined;
  version: number;
};

function noop(): void {}

/** Before the publication nothing is visible: when the outcome of such a call is unknown, the import was not stored. */
function asNothingStored(reason: unknown): never {
  if (!hasCode(reason, 'OUTCOME_UNKNOWN')) throw reason;
  throw new ServiceError('DATABASE_AWAY', 'The database went away during the import. Nothing was stored.', {
    cause: reason,
  });
}

function packed(counts: PackedCounts | undefined): ByteParts | null {
  return counts === undefined ? null : new ByteParts([counts]);
}

/** After the reply of a call that has succeeded: the database has the chunk. */
function release({ rows, counts }: RowChunk): void {
  releaseMemory(rows.buffer);
  if (counts !== undefined) releaseMemory(counts.buffer);
}

/** The last two arguments of the procedures that store an import. */
function keyArguments(keyed: KeyedBody | undefined): [key: string | null, fingerprint: string | null] {
  return [keyed?.key ?? null, keyed?.fingerprint ?? null];
}

function toProgress(importId: number, fields: ImportFields): ImportProgress {
  const [state, citizenCount, bytes, createdAt, publishedAt, version] = fields;
  const known = { importId, state, citizenCount, createdAt, version };
  return { ...known, bytes: bytes ?? undefined, publishedAt: publishedAt ?? undefined };
}

export function createImportsRepository(db: Client): ImportsRepository {
  let lastToken = 0;
  const writeCalls = (key: string | undefined): WriteCalls => ({
    async create(chunk, bytes, keyed) {
      const { rows, counts } = chunk;
      const args = [new ByteParts([rows]), bytes, ...keyArguments(keyed), packed(counts)] as const;
      const [importId] = await db.call(PROCEDURES.createImport, [...args]);
      release(chunk);
      return importId;
    },
    newToken: () => ++lastToken,
    async stage(token, chunk) {
      const { rows, bytes, counts } = chunk;
      try {
        const args = [new ByteParts([rows]), bytes, token, packed(counts), key ?? null] as const;
        const [importId] = await db.call(PROCEDURES.stageImport, [...args]);
        release(chunk);
        return importId;
      } catch (reason) {
        // The import may be staged although the call timed out; its id is unknown, so the token names it.
        await db.call(PROCEDURES.discardToken, [token]).catch(() => {});
        return asNothingStored(reason);
      }
    },
    async append(token, chunk) {
      const { rows, bytes, counts } = chunk;
      const args = [null, new ByteParts([rows]), bytes, packed(counts), token] as const;
      await db.call(PROCEDURES.appendToImport, [...args]).catch(asNothingStored);
      release(chunk);
    },
    async publish(token, { citizenCount, bytes }, keyed) {
      const args = [null, citizenCount, bytes, ...keyArguments(keyed), token] as const;
      await db.call(PROCEDURES.publishImport, [...args]);
    },
    async discard(importId) {
      await db.call(PROCEDURES.discardImport, [importId]);
    },
  });

  return {
    createWriter: (onStaged, key) => createImportWriter(writeCalls(key), onStaged),

    async claimKey(key) {
      const token = ++lastToken;
      const release = () => db.call(PROCEDURES.releaseKey, [key, token]).then(noop, noop);
      try {
        const [importId, fingerprint] = await db.call(PROCEDURES.claimKey, [key, token]);
        return importId === undefined || fingerprint === undefined ? { release } : { importId, fingerprint };
      } catch (reason) {
        // The key may be claimed although the call timed out.
        if (hasCode(reason, 'OUTCOME_UNKNOWN')) await release();
        return asNothingStored(reason);
      }
    },

    async progress(importId) {
      return toProgress(importId, await db.call(PROCEDURES.describeImport, [importId]));
    },

    async listImports({ below, limit }) {
      const [nextBelow, rows] = await db.call(PROCEDURES.listImports, [below ?? null, limit]);
      return { imports: rows.map(([importId, ...fields]) => toProgress(importId, fields)), nextBelow };
    },

    async deleteImport(importId, expectedVersions) {
      await db.call(PROCEDURES.deleteImport, [importId, expectedVersions ?? null]);
    },

    changes: (known) => pollChanges((...args) => db.call(PROCEDURES.importChanges, args), known),

    async state(importId) {
      const [version, createdAt] = await db.call(PROCEDURES.importState, [importId]);
      return { version, createdAt };
    },
  };
}
