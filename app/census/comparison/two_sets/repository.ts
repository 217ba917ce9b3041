import type { Client } from '../../../db/client.js';
import { decode, decodeArrayHeader, decodeStringBytes } from '../../../db/wire/msgpack.js';
import { type DigestPart, joinDigests, type Kind } from '../model/join_digests.js';
import { PROCEDURES } from '../procedures.js';

type ImportPair = readonly [beforeId: number, afterId: number];
type Versions = readonly [before: number, after: number];
type FoundKind = Exclude<Kind, 'same'>;
type JoinOptions = { from: number | null; maxParts?: number };

/** Compares imports that are on two sets of databases, by the digests of their citizens. */
type TwoSets = {
  /** How many citizens there are of each kind. @throws ServiceError IMPORT_NOT_FOUND, IMPORT_KEEPS_CHANGING */
  count(pair: ImportPair): Promise<{ versions: Versions; counts: Record<Kind, number> }>;
  /**
   * The rows of the next `limit` citizens of a kind, as ComparisonRepository.citizens has them. Fewer when many had to be
   * skipped. @throws ServiceError as above
   */
  citizens(
    pair: ImportPair,
    kind: FoundKind,
    range: { from: number | null; limit: number },
  ): Promise<{ versions: Versions; pages: Buffer[]; nextAfter: number | null }>;
};

/** As many citizens as a comparison on one set visits for a page: a part has 4,000. */
const MAX_PARTS_A_PAGE = 100;
/** 200 citizens take 1.6 ms of the TX thread. */
const ROWS_AT_ONCE = 200;
const NO_ENTRIES = Buffer.alloc(0);
const ARRAY_32 = 0xdd;

type Side = DigestPart & { version: number; fill(): Promise<void> };

/** The digests of an import. The next part is on its way while one is used. */
function openSide(db: Client, importId: number, from: number | null): Side {
  const read = (after: number | null, version: number | null) => {
    const reading = db.call(PROCEDURES.digests, [importId, after, version]);
    // Nobody awaits the part that is on its way when the other import fails.
    reading.catch(() => {});
    return reading;
  };
  let coming = read(from, null);
  const side: Side = {
    entries: NO_ENTRIES,
    at: 0,
    isLast: false,
    version: 0,
    async fill() {
      const [version, next, entries] = await coming;
      if (next !== null) coming = read(next, version);
      Object.assign(side, { entries: decodeStringBytes(entries, 0), at: 0, isLast: next === null, version });
    },
  };
  return side;
}

function isUsedUp({ entries, at, isLast }: Side): boolean {
  return at >= entries.length && !isLast;
}

/** The tuples of a MessagePack array, each as its bytes. */
function tuplesOf(rows: Buffer): Buffer[] {
  const { length, end } = decodeArrayHeader(rows, 0);
  const tuples: Buffer[] = [];
  let at = end;
  while (tuples.length < length) {
    const next = decode(rows, at).end;
    tuples.push(rows.subarray(at, next));
    at = next;
  }
  return tuples;
}

function arrayOf(tuples: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(5);
  header[0] = ARRAY_32;
  header.writeUInt32BE(tuples.length, 1);
  return Buffer.concat([header, ...tuples]);
}

export function createTwoSets(db: Client): TwoSets {
  /** Visits the citizens of both imports until the end, until `visit` returns false, or until `maxParts` have been read. */
  async function join(
    [beforeId, afterId]: ImportPair,
    { from, maxParts = Number.POSITIVE_INFINITY }: JoinOptions,
    visit: (kind: Kind, citizenId: number) => boolean,
  ): Promise<{ versions: Versions; isEnd: boolean }> {
    const sides = [openSide(db, beforeId, from), openSide(db, afterId, from)] as const;
    let outcome: ReturnType<typeof joinDigests> = 'more';
    for (let parts = 0; outcome === 'more' && parts < maxParts; parts++) {
      await Promise.all(sides.filter(isUsedUp).map((side) => side.fill()));
      outcome = joinDigests(...sides, visit);
    }
    return { versions: [sides[0].version, sides[1].version], isEnd: outcome === 'end' };
  }

  async function rowsOf(importId: number, citizenIds: readonly number[], version: number): Promise<Buffer[]> {
    const tuples: Buffer[] = [];
    for (let at = 0; at < citizenIds.length; at += ROWS_AT_ONCE) {
      const ids = citizenIds.slice(at, at + ROWS_AT_ONCE);
      const [rows] = await db.call(PROCEDURES.citizensById, [importId, ids, version]);
      tuples.push(...tuplesOf(decodeStringBytes(rows, 0)));
    }
    return tuples;
  }

  async function rowsOfBoth([beforeId, afterId]: ImportPair, ids: readonly number[], [before, after]: Versions) {
    const [old, now] = await Promise.all([rowsOf(beforeId, ids, before), rowsOf(afterId, ids, after)]);
    return old.flatMap((tuple, place) => [tuple, now[place] as Buffer]);
  }

  return {
    async count(pair) {
      const counts = { came: 0, went: 0, changed: 0, same: 0 };
      const { versions } = await join(pair, { from: null }, (kind) => {
        counts[kind]++;
        return true;
      });
      return { versions, counts };
    },

    async citizens(pair, wanted, { from, limit }) {
      const ids: number[] = [];
      let last = from;
      const { versions, isEnd } = await join(pair, { from, maxParts: MAX_PARTS_A_PAGE }, (kind, citizenId) => {
        if (kind === wanted && ids.length === limit) return false;
        if (kind === wanted) ids.push(citizenId);
        last = citizenId;
        return true;
      });
      const [before, after] = versions;
      const tuples =
        wanted === 'changed'
          ? await rowsOfBoth(pair, ids, versions)
          : wanted === 'went'
            ? await rowsOf(pair[0], ids, before)
            : await rowsOf(pair[1], ids, after);
      return { versions, pages: [arrayOf(tuples)], nextAfter: isEnd ? null : last };
    },
  };
}
