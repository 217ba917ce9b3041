import { parseBirthDate } from '../calendar.js';
import type { Client } from '../db/client.js';
import { ByteString, type MsgpackInput } from '../db/msgpack.js';
import { PROCEDURES } from '../db/procedures.js';
import { ServiceError } from '../errors.js';
import type { ImportState } from '../http/kept_answers.js';
import { citizensToJson } from './citizens_json.js';
import type { PackedCounts } from './import_counts.js';
import { createImportWriter, type ImportWriter, type WriteCalls } from './import_writer.js';
import { toCitizen } from './rows.js';
import type { Citizen, CitizenChanges } from './schema.js';

/** A page of 2,000 takes about 1.5 ms of the TX thread and 3 ms of ours to make JSON of. */
const PAGE_ROWS = 2000;
/** After so many reads that a change spoilt, the import is read in one call: it stalls others once, but it ends. */
const MOST_SPOILT_READS = 3;
const ALL_ROWS = 2 ** 31;

export type ImportsRepository = {
  /** For one import, as it comes. `onStaged` is told its id when it is too large for one transaction. */
  createWriter(onStaged: (importId: number) => void): ImportWriter;
  /**
   * Takes a key for an import that is going to be stored with it; answers what is stored with it already.
   * @throws ServiceError IDEMPOTENCY_KEY_IN_USE while another request has it
   */
  claimKey(key: string): Promise<StoredKey | undefined>;
  /** Gives a key back that nothing was stored with. Never fails: without a connection the key is free anyway. */
  releaseKey(key: string): Promise<void>;
  /** @throws ServiceError IMPORT_NOT_FOUND */
  progress(importId: number): Promise<ImportProgress>;
  /** What tells this state of the import from every other. @throws ServiceError IMPORT_NOT_FOUND */
  state(importId: number): Promise<ImportState>;
  /** All citizens as of one moment, in order of citizen_id. @throws ServiceError IMPORT_NOT_FOUND */
  readAll(importId: number): Promise<CitizensJson>;
  /** Changes a citizen and answers it as it is now. @throws ServiceError IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND, INVALID_INPUT */
  patch(importId: number, citizenId: number, changes: CitizenChanges): Promise<Citizen>;
};

export type StoredKey = { importId: number; fingerprint: string };

export type ImportProgress = {
  importId: number;
  state: 'staging' | 'published';
  /** Citizens stored so far. */
  citizenCount: number;
  /** Bytes of the decoded body that they were read from; undefined for an import of an earlier version of the service. */
  bytes: number | undefined;
  /** Seconds of the epoch. */
  createdAt: number;
  publishedAt: number | undefined;
  version: number;
};

/** The text of a JSON array in pieces of pages. `version` is that of the import when it was read. */
export type CitizensJson = { version: number; pieces: Buffer[] };

type Page = [version: number, goOnAfter: number | null, rows: Buffer];

const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');

/** What was never published is never seen, so a call before that whose fate is unknown is an import that was not stored. */
function withKnownOutcome(reason: unknown): never {
  if (!(reason instanceof ServiceError && reason.code === 'OUTCOME_UNKNOWN')) throw reason;
  throw new ServiceError('DATABASE_AWAY', 'The database went away during the import. Nothing was stored.', {
    cause: reason,
  });
}

function packed(counts: PackedCounts | undefined): ByteString | null {
  return counts === undefined ? null : new ByteString(counts);
}

export function createImportsRepository(db: Client): ImportsRepository {
  let lastToken = 0;
  const writeCalls: WriteCalls = {
    async create({ rows, counts }, bytes, keyed) {
      const key = [keyed?.key ?? null, keyed?.fingerprint ?? null] as const;
      const args = [new ByteString(rows), bytes, ...key, packed(counts)] as const;
      const [importId] = await db.call(PROCEDURES.createImport, [...args]);
      return importId;
    },
    async stage({ rows, bytes, counts }) {
      const token = ++lastToken;
      try {
        const [importId] = await db.call(PROCEDURES.stageImport, [new ByteString(rows), bytes, token, packed(counts)]);
        return importId;
      } catch (reason) {
        // It may be staged although its time was over; without its id it is given up by the token.
        await db.call(PROCEDURES.discardToken, [token]).catch(() => {});
        return withKnownOutcome(reason);
      }
    },
    async append(importId, { rows, bytes, counts }) {
      const args = [importId, new ByteString(rows), bytes, packed(counts)] as const;
      await db.call(PROCEDURES.appendToImport, [...args]).catch(withKnownOutcome);
    },
    async publish(importId, { citizenCount, bytes }, keyed) {
      const args = [importId, citizenCount, bytes, keyed?.key ?? null, keyed?.fingerprint ?? null] as const;
      await db.call(PROCEDURES.publishImport, [...args]);
    },
    async discard(importId) {
      await db.call(PROCEDURES.discardImport, [importId]);
    },
  };

  function readPage(
    importId: number,
    after: number | null,
    version: number | null,
    mostRows = PAGE_ROWS,
  ): Promise<Page> {
    return db.call(PROCEDURES.citizensPage, [importId, after, mostRows, version]);
  }

  /** The next page is asked for before this one is made JSON of: both sides work at once. */
  async function readPages(importId: number): Promise<CitizensJson> {
    const pages: Buffer[] = [];
    let [version, after, rows]: Page = await readPage(importId, null, null);
    while (after !== null) {
      const coming = readPage(importId, after, version);
      // Looked at below; until then its failure is nobody's yet.
      coming.catch(() => {});
      pages.push(citizensToJson(rows));
      [version, after, rows] = await coming;
    }
    pages.push(citizensToJson(rows));
    return { version, pieces: toArray(pages) };
  }

  return {
    createWriter: (onStaged) => createImportWriter(writeCalls, onStaged),

    async claimKey(key) {
      const [importId, fingerprint] = await db.call(PROCEDURES.claimKey, [key]).catch(withKnownOutcome);
      if (importId === undefined || fingerprint === undefined) return undefined;
      return { importId, fingerprint };
    },

    async releaseKey(key) {
      await db.call(PROCEDURES.releaseKey, [key]).catch(() => {});
    },

    async progress(importId) {
      const [state, citizenCount, bytes, createdAt, publishedAt, version] = await db.call(PROCEDURES.describeImport, [
        importId,
      ]);
      const known = { importId, state, citizenCount, createdAt, version };
      return { ...known, bytes: bytes ?? undefined, publishedAt: publishedAt ?? undefined };
    },

    async state(importId) {
      const [version, createdAt] = await db.call(PROCEDURES.importState, [importId]);
      return { version, createdAt };
    },

    async readAll(importId) {
      for (let spoilt = 0; spoilt < MOST_SPOILT_READS; spoilt++) {
        try {
          return await readPages(importId);
        } catch (reason) {
          if (!(reason instanceof ServiceError && reason.code === 'IMPORT_KEEPS_CHANGING')) throw reason;
        }
      }
      const [version, , rows] = await readPage(importId, null, null, ALL_ROWS);
      return { version, pieces: toArray([citizensToJson(rows)]) };
    },

    async patch(importId, citizenId, changes) {
      const { birth_date: birthDate, ...others } = changes;
      const stored: Record<string, MsgpackInput> = others;
      if (birthDate !== undefined) stored['birth_date'] = parseBirthDate(birthDate) as number;
      const [row] = await db.call(PROCEDURES.patchCitizen, [importId, citizenId, stored]);
      return toCitizen(row);
    },
  };
}

/** Texts of elements -> the text of an array. The last page of a read may be empty. */
function toArray(pages: readonly Buffer[]): Buffer[] {
  const filled = pages.filter(({ length }) => length > 0);
  return [OPEN, ...filled.flatMap((page, place) => (place === 0 ? [page] : [COMMA, page])), CLOSE];
}
