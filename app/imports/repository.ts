import { parseBirthDate } from '../calendar.js';
import type { Client } from '../db/client.js';
import { ByteString, decodeArrayHeader, decodeStringBytes, type MsgpackInput } from '../db/msgpack.js';
import { PROCEDURES } from '../db/procedures.js';
import { ServiceError } from '../errors.js';
import type { ImportState } from '../http/etags.js';
import type { ParsedImport } from './parse.js';
import { toCitizen } from './rows.js';
import type { Citizen, CitizenChanges } from './schema.js';

/** A page of 2,500 takes about 0.2 ms of the TX thread and 1 ms of ours to make JSON of; one of 1 MB about 0.5 ms. */
const PAGE_ROWS = 2500;
const PAGE_BYTES = 1024 * 1024;
/** After so many reads that a change spoilt, the import is read in one call: it stalls others once, but it ends. */
const MOST_SPOILT_READS = 3;
const CHUNKS_AT_ONCE = 3;
const ALL_ROWS = 2 ** 31;

export type ImportsRepository = {
  /** Stores an import, all or nothing, and answers its id. @throws ServiceError */
  create(parsed: ParsedImport): Promise<number>;
  /** What tells this state of the import from every other. @throws ServiceError IMPORT_NOT_FOUND */
  state(importId: number): Promise<ImportState>;
  /**
   * Citizens as of one moment, in order of citizen_id. `toText` is given the rows page by page, each an array of tuples
   * as MessagePack; it is called for the next page before it has ended with one. @throws ServiceError IMPORT_NOT_FOUND
   */
  read(importId: number, range: CitizenRange, toText: RowsToText): Promise<CitizensText>;
  /**
   * Changes a citizen and answers it as it is now, with the state of the import. `expectedVersions`: one of them must be
   * the import's version. @throws ServiceError IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND, INVALID_INPUT, PRECONDITION_FAILED
   */
  patch(
    importId: number,
    citizenId: number,
    changes: CitizenChanges,
    expectedVersions?: readonly number[],
  ): Promise<{ citizen: Citizen; state: ImportState }>;
};

/** `after`: the citizen_id behind which it begins. Without `limit`: to the end. */
export type CitizenRange = { after?: number; limit?: number };
/** `isLast`: no page follows. */
export type RowsToText = (rows: Buffer, isLast: boolean) => Promise<Buffer>;
/** The texts of the pages; `goOnAfter`: the last citizen_id, when there are more. `version`: the import's when it was read. */
export type CitizensText = { version: number; pages: Buffer[]; goOnAfter: number | null };

type Page = { version: number; goOnAfter: number | null; rows: Buffer };

export function createImportsRepository(db: Client): ImportsRepository {
  async function createStaged([first, ...others]: readonly ByteString[], citizenCount: number): Promise<number> {
    const importId = await stage(first as ByteString);
    try {
      await append(importId, others);
      await db.call(PROCEDURES.publishImport, [importId, citizenCount]);
      return importId;
    } catch (reason) {
      // Without this the rows would stay until our connection ends. If it ended already, Tarantool has swept them.
      // What was published after all stays.
      await db.call(PROCEDURES.discardImport, [importId]).catch(() => {});
      throw reason;
    }
  }

  async function stage(rows: ByteString): Promise<number> {
    const [importId] = await db.call(PROCEDURES.stageImport, [rows]).catch(withKnownOutcome);
    return importId;
  }

  /**
   * Three chunks at once: while one is written to the log, the next is inserted. More would only stand in the way of
   * everybody's small calls, 2 ms each.
   */
  async function append(importId: number, chunks: readonly ByteString[]): Promise<void> {
    const left = [...chunks];
    const appendNext = async (): Promise<void> => {
      for (let rows = left.shift(); rows !== undefined; rows = left.shift()) {
        await db.call(PROCEDURES.appendToImport, [importId, rows]);
      }
    };
    const lanes = Array.from({ length: CHUNKS_AT_ONCE }, () =>
      appendNext().catch((reason) => {
        left.length = 0;
        throw reason;
      }),
    );
    await allSettledOrThrow(lanes).catch(withKnownOutcome);
  }

  async function readPage(
    importId: number,
    after: number | null,
    version: number | null,
    mostRows: number,
    mostBytes: number | null = PAGE_BYTES,
  ): Promise<Page> {
    const answer = await db.call(PROCEDURES.citizensPage, [importId, after, mostRows, version, mostBytes]);
    return { version: answer[0], goOnAfter: answer[1], rows: decodeStringBytes(answer[2], 0) };
  }

  /** The next page is asked for before this one is made text of: both sides work at once. */
  async function readPages(importId: number, { after, limit = ALL_ROWS }: CitizenRange, toText: RowsToText) {
    const texts: Promise<Buffer>[] = [];
    let left = limit;
    let page = await readPage(importId, after ?? null, null, Math.min(left, PAGE_ROWS));
    const { version } = page;
    try {
      for (;;) {
        const { goOnAfter, rows } = page;
        left -= decodeArrayHeader(rows, 0).length;
        const isLast = goOnAfter === null || left <= 0;
        const coming = isLast ? undefined : readPage(importId, goOnAfter, version, Math.min(left, PAGE_ROWS));
        const text = toText(rows, isLast);
        // Looked at below; until then its failure is nobody's yet.
        text.catch(() => {});
        texts.push(text);
        if (coming === undefined) return { version, goOnAfter, pages: await Promise.all(texts) };
        page = await coming;
      }
    } catch (reason) {
      // None is under way any more when the next read begins.
      await Promise.allSettled(texts);
      throw reason;
    }
  }

  return {
    async create({ chunks, citizenCount }) {
      const packed = chunks.map((chunk) => new ByteString(chunk));
      const [only] = packed;
      if (packed.length > 1 || only === undefined) return createStaged(packed, citizenCount);
      const [importId] = await db.call(PROCEDURES.createImport, [only]);
      return importId;
    },

    async state(importId) {
      const [version, createdAt] = await db.call(PROCEDURES.importState, [importId]);
      return { version, createdAt };
    },

    async read(importId, range, toText) {
      for (let spoilt = 0; spoilt < MOST_SPOILT_READS; spoilt++) {
        try {
          return await readPages(importId, range, toText);
        } catch (reason) {
          if (!(reason instanceof ServiceError && reason.code === 'IMPORT_KEEPS_CHANGING')) throw reason;
        }
      }
      const { after = null, limit = ALL_ROWS } = range;
      const { version, goOnAfter, rows } = await readPage(importId, after, null, limit, null);
      return { version, goOnAfter, pages: [await toText(rows, true)] };
    },

    async patch(importId, citizenId, changes, expectedVersions) {
      const { birth_date: birthDate, ...others } = changes;
      const stored: Record<string, MsgpackInput> = others;
      if (birthDate !== undefined) stored['birth_date'] = parseBirthDate(birthDate) as number;
      const [row, version, createdAt] = await db.call(PROCEDURES.patchCitizen, [
        importId,
        citizenId,
        stored,
        expectedVersions ?? null,
      ]);
      return { citizen: toCitizen(row), state: { version, createdAt } };
    },
  };
}

/** Waits for all, so that none is under way when the import is given up. */
async function allSettledOrThrow(calls: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(calls);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** What was never published is never seen, so a chunk whose fate is unknown is still an import that was not stored. */
function withKnownOutcome(reason: unknown): never {
  if (!(reason instanceof ServiceError && reason.code === 'OUTCOME_UNKNOWN')) throw reason;
  throw new ServiceError('DATABASE_AWAY', 'The database went away during the import. Nothing was stored.', {
    cause: reason,
  });
}
