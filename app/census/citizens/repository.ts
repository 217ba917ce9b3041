import { formatBirthDate, parseBirthDate } from '../../calendar.js';
import type { Client } from '../../db/client.js';
import { type PageEnd, readConsistently, readPages, readSomePages } from '../../db/consistent_read.js';
import { decodeArrayHeader, decodeStringBytes, type MsgpackInput } from '../../db/wire/msgpack.js';
import type { NumberPage } from '../../http/query/number_page.js';
import { CITIZEN_FIELDS } from './model/fields.js';
import { PROCEDURES, type StoredValue } from './procedures.js';
import { toCitizen } from './rows.js';
import type { Citizen, CitizenChanges } from './schema.js';

/** A page of 2,500 takes about 0.2 ms of the TX thread and 1 ms of Node to become JSON; one of 1 MB about 0.5 ms. */
const PAGE_ROWS = 2500;
const PAGE_BYTES = 1024 * 1024;
const ALL_ROWS = 2 ** 31;
/** For one page of filtered citizens: 0.1 s of calls, each of which takes 0.5 ms of the TX thread. */
const MAX_FIND_CALLS = 100;

export type CitizensRepository = {
  /**
   * Citizens as of one moment, in order of citizen_id. `toText` gets the rows page by page, each page an array of tuples
   * as MessagePack; it is called for the next page before it has finished one. @throws ServiceError IMPORT_NOT_FOUND
   */
  read(importId: number, range: CitizenRange, toText: RowsToText): Promise<CitizensText>;
  /**
   * Citizens that match the filter, in order of citizen_id, as of one moment: fewer than `limit` when the import changes
   * meanwhile or many had to be skipped. `nextAfter`: null at the end. @throws ServiceError IMPORT_NOT_FOUND
   */
  find(
    importId: number,
    filter: CitizenFilter,
    range: CitizenRange & { limit: number },
    toText: RowsToText,
  ): Promise<CitizensText>;
  /** @throws ServiceError IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND */
  citizen(importId: number, citizenId: number): Promise<TaggedCitizen>;
  /** Newest first, those with numbers below `below`. @throws ServiceError IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND */
  history(
    importId: number,
    citizenId: number,
    page: NumberPage,
  ): Promise<{ version: number; changes: CitizenChange[]; nextBelow: number | null }>;
  /**
   * Changes a citizen and returns it as it is now. `expected`: the import must have one of the versions, or the citizen
   * one of the tags. @throws ServiceError IMPORT_NOT_FOUND, CITIZEN_NOT_FOUND, INVALID_INPUT, PRECONDITION_FAILED
   */
  patch(
    importId: number,
    citizenId: number,
    changes: CitizenChanges,
    options: { expected?: Expected | undefined; requestId: string },
  ): Promise<TaggedCitizen>;
};

/** The states that a change may be applied to. */
export type Expected = { versions: readonly number[]; tags: readonly string[] };
/** `tag` identifies the content of the citizen; `version` is the import's. */
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
  /** The citizen whose change of relatives caused this one. */
  causeId: number | undefined;
  /** By field, in the order of a citizen's fields; dates as DD.MM.YYYY, long lists of relatives as their length alone. */
  changes: Record<string, { before: ChangedValue; after: ChangedValue }>;
};
type ChangedValue = string | number | number[] | { count: number };

/** `after`: the citizen_id after which the range begins. Without `limit`: to the end. */
export type CitizenRange = { after?: number | undefined; limit?: number };
/** `isLast`: no page follows. */
export type RowsToText = (rows: Buffer, isLast: boolean) => Promise<Buffer>;
/** `pages`: their texts. `nextAfter`: the last citizen_id when more follow. `version`: the import's when it was read. */
export type CitizensText = { version: number; pages: Buffer[]; nextAfter: number | null };

/** Rows as MessagePack. */
type RowsPage = PageEnd<number> & { rows: Buffer };

/** The result of citizensPage and findCitizens. `left`: how many rows are wanted, this page included. */
function toPage([version, next, packed]: [number, number | null, Buffer], left: number): RowsPage & { count: number } {
  const rows = decodeStringBytes(packed, 0);
  const count = decodeArrayHeader(rows, 0).length;
  return { version, next, rows, count, isLast: next === null || count >= left };
}

/** Makes texts of pages while `read` goes on; none is under way any more when this fails. */
async function collectTexts(
  toText: RowsToText,
  read: (add: (page: RowsPage) => void) => Promise<PageEnd<number>>,
): Promise<CitizensText> {
  const texts: Promise<Buffer>[] = [];
  try {
    const { version, next } = await read(({ rows, isLast = false }) => {
      const text = toText(rows, isLast);
      // Awaited below; until then a failure is not an unhandled one.
      text.catch(() => {});
      texts.push(text);
    });
    return { version, nextAfter: next, pages: await Promise.all(texts) };
  } catch (reason) {
    await Promise.allSettled(texts);
    throw reason;
  }
}

function toChangedValue(field: string, value: StoredValue): ChangedValue {
  if (field === 'birth_date') return formatBirthDate(value as number);
  return field === 'relatives' && typeof value === 'number' ? { count: value } : value;
}

function toChanges(fields: ReadonlyMap<string, [StoredValue, StoredValue]>): CitizenChange['changes'] {
  const changes: CitizenChange['changes'] = {};
  for (const field of CITIZEN_FIELDS) {
    const values = fields.get(field);
    if (values === undefined) continue;
    const [before, after] = values;
    changes[field] = { before: toChangedValue(field, before), after: toChangedValue(field, after) };
  }
  return changes;
}

export function createCitizensRepository(db: Client): CitizensRepository {
  /** The next page is requested before the text of this one is made: Tarantool and Node work at the same time. */
  function readRange(importId: number, { after, limit = ALL_ROWS }: CitizenRange, toText: RowsToText) {
    let left = limit;
    return collectTexts(toText, (add) =>
      readPages<number, RowsPage>(
        async (place, version) => {
          const args = [importId, place, Math.min(left, PAGE_ROWS), version, PAGE_BYTES] as const;
          const page = toPage(await db.call(PROCEDURES.citizensPage, [...args]), left);
          left -= page.count;
          return page;
        },
        { from: after ?? null, take: add },
      ),
    );
  }

  function readInSingleCall(importId: number, { after, limit = ALL_ROWS }: CitizenRange, toText: RowsToText) {
    return collectTexts(toText, async (add) => {
      const page = toPage(await db.call(PROCEDURES.citizensPage, [importId, after ?? null, limit, null, null]), 0);
      add(page);
      return page;
    });
  }

  return {
    read: (importId, range, toText) =>
      readConsistently((inSingleCall) =>
        inSingleCall ? readInSingleCall(importId, range, toText) : readRange(importId, range, toText),
      ),

    find(importId, filter, { after, limit }, toText) {
      let left = limit;
      return collectTexts(toText, (add) =>
        readSomePages<number>(
          async (place, version) => {
            const args = [importId, filter, place, Math.min(left, PAGE_ROWS), version, PAGE_BYTES] as const;
            const page = toPage(await db.call(PROCEDURES.findCitizens, [...args]), left);
            left -= page.count;
            add(page);
            return page;
          },
          { from: after ?? null, maxCalls: MAX_FIND_CALLS },
        ),
      );
    },

    async citizen(importId, citizenId) {
      const [row, tag, version] = await db.call(PROCEDURES.getCitizen, [importId, citizenId]);
      return { citizen: toCitizen(row), tag, version };
    },

    async history(importId, citizenId, { below, limit }) {
      const args = [importId, citizenId, below ?? null, limit] as const;
      const [version, nextBelow, rows] = await db.call(PROCEDURES.citizenHistory, [...args]);
      const changes = rows.map(([, itsVersion, at, requestId, causeId, fields]) => {
        return { version: itsVersion, at, requestId, causeId: causeId ?? undefined, changes: toChanges(fields) };
      });
      return { version, changes, nextBelow };
    },

    async patch(importId, citizenId, changes, { expected, requestId }) {
      const { birth_date: birthDate } = changes;
      const stored: Record<string, MsgpackInput> =
        birthDate === undefined ? changes : { ...changes, birth_date: parseBirthDate(birthDate) as number };
      const args = [importId, citizenId, stored, expected ?? null, requestId] as const;
      const [row, tag, version] = await db.call(PROCEDURES.patchCitizen, [...args]);
      return { citizen: toCitizen(row), tag, version };
    },
  };
}
