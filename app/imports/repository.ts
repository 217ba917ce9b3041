import { parseBirthDate } from '../calendar.js';
import type { Client } from '../db/client.js';
import { ByteString, type MsgpackInput } from '../db/msgpack.js';
import { PROCEDURES } from '../db/procedures.js';
import { ServiceError } from '../errors.js';
import type { ImportState } from '../http/kept_answers.js';
import { citizensToJson } from './citizens_json.js';
import type { ParsedImport } from './parse.js';
import { toCitizen } from './rows.js';
import type { Citizen, CitizenChanges } from './schema.js';

/** A page of 2,000 takes about 1.5 ms of the TX thread and 3 ms of ours to make JSON of. */
const PAGE_ROWS = 2000;
/** After so many reads that a change spoilt, the import is read in one call: it stalls others once, but it ends. */
const MOST_SPOILT_READS = 3;
const CHUNKS_AT_ONCE = 3;
const ALL_ROWS = 2 ** 31;

export type ImportsRepository = {
  /** Stores an import, all or nothing, and answers its id. @throws ServiceError */
  create(parsed: ParsedImport): Promise<number>;
  /** What tells this state of the import from every other. @throws ServiceError IMPORT_NOT_FOUND */
  state(importId: number): Promise<ImportState>;
  /** All citizens as of one moment, in order of citizen_id. @throws ServiceError IMPORT_NOT_FOUND */
  readAll(importId: number): Promise<CitizensJson>;
  /** Changes a citizen and answers it as it is now. @throws ServiceError IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND, INVALID_INPUT */
  patch(importId: number, citizenId: number, changes: CitizenChanges): Promise<Citizen>;
};

/** The text of a JSON array in pieces of pages. `version` is that of the import when it was read. */
export type CitizensJson = { version: number; pieces: Buffer[] };

type Page = [version: number, goOnAfter: number | null, rows: Buffer];

const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');

export function createImportsRepository(db: Client): ImportsRepository {
  let lastToken = 0;

  async function createStaged(
    [first, ...others]: readonly ByteString[],
    citizenCount: number,
    bodyBytes: number,
  ): Promise<number> {
    const importId = await stage(first as ByteString, bodyBytes);
    try {
      await append(importId, others);
      await db.call(PROCEDURES.publishImport, [importId, citizenCount, null, null]);
      return importId;
    } catch (reason) {
      // Without this the rows would stay until our connection ends. If it ended already, Tarantool has swept them.
      // What was published after all stays.
      await db.call(PROCEDURES.discardImport, [importId]).catch(() => {});
      throw reason;
    }
  }

  async function stage(rows: ByteString, bytes: number): Promise<number> {
    const token = ++lastToken;
    try {
      const [importId] = await db.call(PROCEDURES.stageImport, [rows, bytes, token]);
      return importId;
    } catch (reason) {
      // It may be staged although its time was over; without its id it is given up by the token.
      await db.call(PROCEDURES.discardToken, [token]).catch(() => {});
      return withKnownOutcome(reason);
    }
  }

  /**
   * Three chunks at once: while one is written to the log, the next is inserted. More would only stand in the way of
   * everybody's small calls, 2 ms each.
   */
  async function append(importId: number, chunks: readonly ByteString[]): Promise<void> {
    const left = [...chunks];
    const appendNext = async (): Promise<void> => {
      for (let rows = left.shift(); rows !== undefined; rows = left.shift()) {
        await db.call(PROCEDURES.appendToImport, [importId, rows, 0]);
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
    async create({ chunks, citizenCount, bodyBytes }) {
      const packed = chunks.map((chunk) => new ByteString(chunk));
      const [only] = packed;
      if (packed.length > 1 || only === undefined) return createStaged(packed, citizenCount, bodyBytes);
      const [importId] = await db.call(PROCEDURES.createImport, [only, bodyBytes, null, null]);
      return importId;
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
