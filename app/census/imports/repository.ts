import { formatBirthDate, parseBirthDate } from '../../calendar.js';
import { type ChangePlace, type Changes, pollChanges } from '../../db/change_feed.js';
import type { Client } from '../../db/client.js';
import { ofOneState } from '../../db/one_state.js';
import { ByteString, decodeArrayHeader, decodeStringBytes, type MsgpackInput } from '../../db/wire/msgpack.js';
import { hasCode, ServiceError } from '../../errors.js';
import type { DataState } from '../../http/answers/etags.js';
import type { NumberPage } from '../../http/query/number_page.js';
import { PROCEDURES as CITIZENS, type StoredValue } from '../citizens/procedures.js';
import { toCitizen } from '../citizens/rows.js';
import { type Citizen, type CitizenChanges, citizenSchema } from '../citizens/schema.js';
import type { PackedCounts } from './across_records/import_counts.js';
import { createImportWriter, type ImportWriter, type KeyedBody, type WriteCalls } from './intake/import_writer.js';
import { type ImportFields, PROCEDURES } from './procedures.js';

/** A page of 2,500 takes about 0.2 ms of the TX thread and 1 ms of ours to make JSON of; one of 1 MB about 0.5 ms. */
const PAGE_ROWS = 2500;
const PAGE_BYTES = 1024 * 1024;
const ALL_ROWS = 2 ** 31;

export type ImportsRepository = {
  /** For one import, as it comes. `onStaged` is told its id when it is too large for one transaction. */
  createWriter(onStaged: (importId: number) => void): ImportWriter;
  /**
   * Takes a key for an import that is going to be stored with it; answers what ends that, or what is stored with it already.
   * @throws ServiceError IDEMPOTENCY_KEY_IN_USE while another request has it
   */
  claimKey(key: string): Promise<KeyClaim | StoredKey>;
  /** Newest first, staged ones too; those of ids below `below`. `goOnBelow`: null on the last page. */
  listImports(page: NumberPage): Promise<{ imports: ImportProgress[]; goOnBelow: number | null }>;
  /** `expectedVersions`: as patch takes them. @throws ServiceError IMPORT_NOT_FOUND, PRECONDITION_FAILED */
  deleteImport(importId: number, expectedVersions?: readonly number[]): Promise<void>;
  /** What changed after the place, as import id -> version, 0 for one that is no more; after two seconds with nothing. */
  changes(place?: ChangePlace): Promise<Changes>;
  /** @throws ServiceError IMPORT_NOT_FOUND */
  progress(importId: number): Promise<ImportProgress>;
  /** What tells this state of the import from every other. @throws ServiceError IMPORT_NOT_FOUND */
  state(importId: number): Promise<DataState>;
  /**
   * Citizens as of one moment, in order of citizen_id. `toText` is given the rows page by page, each an array of tuples
   * as MessagePack; it is called for the next page before it has ended with one. @throws ServiceError IMPORT_NOT_FOUND
   */
  read(importId: number, range: CitizenRange, toText: RowsToText): Promise<CitizensText>;
  /**
   * Citizens that the filter lets through, in order of citizen_id, as of one moment: fewer than `limit` when the import
   * changes meanwhile or many had to be passed over. `goOnAfter`: null at the end. @throws ServiceError IMPORT_NOT_FOUND
   */
  find(
    importId: number,
    filter: CitizenFilter,
    range: CitizenRange & { limit: number },
    toText: RowsToText,
  ): Promise<CitizensText>;
  /** @throws ServiceError IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND */
  citizen(importId: number, citizenId: number): Promise<TaggedCitizen>;
  /** Newest first; those of numbers below `below`. @throws ServiceError IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND */
  history(
    importId: number,
    citizenId: number,
    page: NumberPage,
  ): Promise<{ version: number; changes: CitizenChange[]; goOnBelow: number | null }>;
  /**
   * Changes a citizen and answers it as it is now. `expected`: the import must have one of the versions, or the citizen
   * one of the tags. @throws ServiceError IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND, INVALID_INPUT, PRECONDITION_FAILED
   */
  patch(
    importId: number,
    citizenId: number,
    changes: CitizenChanges,
    options: { expected?: Expected | undefined; requestId: string },
  ): Promise<TaggedCitizen>;
};

/** `release` gives a key back that nothing was stored with. Never fails: without a connection the key is free anyway. */
export type KeyClaim = { release(): Promise<void> };
/** What a change was made for. */
export type Expected = { versions: readonly number[]; tags: readonly string[] };
/** `tag` tells one content of the citizen from every other; `version` is the import's. */
export type TaggedCitizen = { citizen: Citizen; tag: string; version: number };
/** Days as 20001231, inclusive. */
export type CitizenFilter = {
  town?: string;
  gender?: string;
  born_from?: number;
  born_to?: number;
  name_prefix?: string;
};
export type CitizenChange = {
  version: number;
  /** Seconds of the epoch. */
  at: number;
  requestId: string;
  /** The citizen whose change of relatives this one followed. */
  causeId: number | undefined;
  /** By field, in the order of a citizen's; dates as DD.MM.YYYY, long lists of relatives as their length alone. */
  changes: Record<string, { before: ToldValue; after: ToldValue }>;
};
type ToldValue = string | number | number[] | { count: number };

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

/** `after`: the citizen_id behind which it begins. Without `limit`: to the end. */
export type CitizenRange = { after?: number | undefined; limit?: number };
/** `isLast`: no page follows. */
export type RowsToText = (rows: Buffer, isLast: boolean) => Promise<Buffer>;
/** The texts of the pages; `goOnAfter`: the last citizen_id, when there are more. `version`: the import's when it was read. */
export type CitizensText = { version: number; pages: Buffer[]; goOnAfter: number | null };

/** Looked at for one page of a filter: 0.1 s of calls, each of which takes 0.5 ms of the TX thread. */
const MOST_FIND_CALLS = 100;

type Page = { version: number; goOnAfter: number | null; rows: Buffer };

function noop(): void {}

/** What was never published is never seen, so a call before that whose fate is unknown is an import that was not stored. */
function withKnownOutcome(reason: unknown): never {
  if (!hasCode(reason, 'OUTCOME_UNKNOWN')) throw reason;
  throw new ServiceError('DATABASE_AWAY', 'The database went away during the import. Nothing was stored.', {
    cause: reason,
  });
}

function packed(counts: PackedCounts | undefined): ByteString | null {
  return counts === undefined ? null : new ByteString(counts);
}

function toToldValue(field: string, value: StoredValue): ToldValue {
  if (field === 'birth_date') return formatBirthDate(value as number);
  return field === 'relatives' && typeof value === 'number' ? { count: value } : value;
}

/** The last two arguments of what stores an import. */
function keyArguments(keyed: KeyedBody | undefined): [key: string | null, fingerprint: string | null] {
  return [keyed?.key ?? null, keyed?.fingerprint ?? null];
}

function toProgress(importId: number, fields: ImportFields): ImportProgress {
  const [state, citizenCount, bytes, createdAt, publishedAt, version] = fields;
  const known = { importId, state, citizenCount, createdAt, version };
  return { ...known, bytes: bytes ?? undefined, publishedAt: publishedAt ?? undefined };
}

/** What citizensPage and findCitizens answer. */
function toPage([version, goOnAfter, rows]: [number, number | null, Buffer]): Page {
  return { version, goOnAfter, rows: decodeStringBytes(rows, 0) };
}

export function createImportsRepository(db: Client): ImportsRepository {
  let lastToken = 0;
  const writeCalls: WriteCalls = {
    async create({ rows, counts }, bytes, keyed) {
      const args = [new ByteString(rows), bytes, ...keyArguments(keyed), packed(counts)] as const;
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
      const args = [importId, citizenCount, bytes, ...keyArguments(keyed)] as const;
      await db.call(PROCEDURES.publishImport, [...args]);
    },
    async discard(importId) {
      await db.call(PROCEDURES.discardImport, [importId]);
    },
  };

  async function readPage(
    importId: number,
    after: number | null,
    version: number | null,
    mostRows: number,
    mostBytes: number | null = PAGE_BYTES,
  ): Promise<Page> {
    return toPage(await db.call(CITIZENS.citizensPage, [importId, after, mostRows, version, mostBytes]));
  }

  async function findPage(
    importId: number,
    filter: CitizenFilter,
    after: number | null,
    mostRows: number,
    version: number | null,
  ): Promise<Page> {
    return toPage(await db.call(CITIZENS.findCitizens, [importId, filter, after, mostRows, version, PAGE_BYTES]));
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
    createWriter: (onStaged) => createImportWriter(writeCalls, onStaged),

    async claimKey(key) {
      const token = ++lastToken;
      const release = () => db.call(PROCEDURES.releaseKey, [key, token]).then(noop, noop);
      try {
        const [importId, fingerprint] = await db.call(PROCEDURES.claimKey, [key, token]);
        return importId === undefined || fingerprint === undefined ? { release } : { importId, fingerprint };
      } catch (reason) {
        // It may be claimed although the time of the call was over.
        if (hasCode(reason, 'OUTCOME_UNKNOWN')) await release();
        return withKnownOutcome(reason);
      }
    },

    async progress(importId) {
      return toProgress(importId, await db.call(PROCEDURES.describeImport, [importId]));
    },

    async listImports({ below, limit }) {
      const [goOnBelow, rows] = await db.call(PROCEDURES.listImports, [below ?? null, limit]);
      return { imports: rows.map(([importId, ...fields]) => toProgress(importId, fields)), goOnBelow };
    },

    async deleteImport(importId, expectedVersions) {
      await db.call(PROCEDURES.deleteImport, [importId, expectedVersions ?? null]);
    },

    changes: (known) => pollChanges((...args) => db.call(PROCEDURES.importChanges, args), known),

    async state(importId) {
      const [version, createdAt] = await db.call(PROCEDURES.importState, [importId]);
      return { version, createdAt };
    },

    read(importId, range, toText) {
      return ofOneState(async (inOneCall) => {
        if (!inOneCall) return readPages(importId, range, toText);
        const { after = null, limit = ALL_ROWS } = range;
        const { version, goOnAfter, rows } = await readPage(importId, after, null, limit, null);
        return { version, goOnAfter, pages: [await toText(rows, true)] };
      });
    },

    async find(importId, filter, { after, limit }, toText) {
      const texts: Promise<Buffer>[] = [];
      let place: number | null = after ?? null;
      let version: number | null = null;
      let left = limit;
      try {
        for (let calls = 0; calls < MOST_FIND_CALLS && left > 0; calls++) {
          const found = await findPage(importId, filter, place, Math.min(left, PAGE_ROWS), version);
          const { rows } = found;
          left -= decodeArrayHeader(rows, 0).length;
          version = found.version;
          place = found.goOnAfter;
          const text = toText(rows, place === null || left <= 0);
          text.catch(() => {});
          texts.push(text);
          if (place === null) break;
        }
      } catch (reason) {
        await Promise.allSettled(texts);
        // What was found until then is of one moment, and how to go on is known.
        if (version === null || !hasCode(reason, 'IMPORT_KEEPS_CHANGING')) throw reason;
      }
      return { version: version as number, pages: await Promise.all(texts), goOnAfter: place };
    },

    async citizen(importId, citizenId) {
      const [row, tag, version] = await db.call(CITIZENS.getCitizen, [importId, citizenId]);
      return { citizen: toCitizen(row), tag, version };
    },

    async history(importId, citizenId, { below, limit }) {
      const args = [importId, citizenId, below ?? null, limit] as const;
      const [version, goOnBelow, rows] = await db.call(CITIZENS.citizenHistory, [...args]);
      const changes = rows.map(([, itsVersion, at, requestId, causeId, fields]) => {
        const told = Object.keys(citizenSchema.properties).flatMap((field) => {
          const values = fields.get(field);
          if (values === undefined) return [];
          return [[field, { before: toToldValue(field, values[0]), after: toToldValue(field, values[1]) }] as const];
        });
        return { version: itsVersion, at, requestId, causeId: causeId ?? undefined, changes: Object.fromEntries(told) };
      });
      return { version, changes, goOnBelow };
    },

    async patch(importId, citizenId, changes, { expected, requestId }) {
      const { birth_date: birthDate, ...others } = changes;
      const stored: Record<string, MsgpackInput> = others;
      if (birthDate !== undefined) stored['birth_date'] = parseBirthDate(birthDate) as number;
      const args = [importId, citizenId, stored, expected ?? null, requestId] as const;
      const [row, tag, version] = await db.call(CITIZENS.patchCitizen, [...args]);
      return { citizen: toCitizen(row), tag, version };
    },
  };
}
