import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { LRUCache } from 'lru-cache';

/** What tells one state of an import's data from every other; a version is given once only. */
export type ImportState = { version: number; createdAt: number };

/** JSON text in one piece or, when it is long, several, made from the data of a version. */
export type MadeAnswer = { version: number; pieces: readonly Buffer[] };

/** `pieces` are missing when the client has them already. */
export type KeptAnswer = { etag: string; pieces: readonly Buffer[] | undefined };

/** Whether the client has the answer of this ETag already. */
export type IsKnown = (etag: string) => boolean;

export type KeptAnswers = {
  /**
   * The answer to a question about an import as it is now: the client's own, when `isKnown` says that it has the one
   * of this ETag, a kept one, or one that `make` makes. `question` tells it from the other questions about the import.
   * Who asks while it is being made waits for the same.
   */
  answer(importId: number, question: string, isKnown: IsKnown, make: () => Promise<MadeAnswer>): Promise<KeptAnswer>;
};

/** How the routes that keep their answers describe the other one. */
export const NOT_MODIFIED = {
  status: 304,
  description: 'Nothing changed since the answer with the ETag in If-None-Match.',
};

const DATA_OPEN = Buffer.from('{"data":');
const DATA_CLOSE = Buffer.from('}');
/** Up to here one write to the socket is three times as fast as many; copying 8 MB takes 2 ms. */
const MOST_JOINED_BYTES = 8 * 1024 * 1024;
/** Of a long answer, what may wait for a slow reader outside the answer itself. */
const PIECES_AHEAD_BYTES = 1024 * 1024;

function byteLength(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

/** The pieces of a JSON text -> those of the answer `{"data": ...}`, joined into one when that is not long. */
export function inEnvelope(data: readonly Buffer[]): readonly Buffer[] {
  const pieces = [DATA_OPEN, ...data, DATA_CLOSE];
  return byteLength(pieces) <= MOST_JOINED_BYTES ? [Buffer.concat(pieces)] : pieces;
}

/** Looks into If-None-Match (RFC 9110 13.1.2: compared weakly). */
export function knownBy(request: IncomingMessage): IsKnown {
  const header = request.headers['if-none-match'];
  if (header === undefined) return () => false;
  if (header.trim() === '*') return () => true;
  const etags = new Set(header.split(',').map((candidate) => candidate.trim().replace(/^W\//, '')));
  return (etag) => etags.has(etag);
}

/**
 * Keeps answers by the version of the data that they were made from, up to `mostBytes`. `stateOf` is asked each time, so
 * that no answer is older than what is stored; it throws ServiceError IMPORT_NOT_FOUND.
 */
export function createKeptAnswers(mostBytes: number, stateOf: (importId: number) => Promise<ImportState>): KeptAnswers {
  const kept = new LRUCache<string, readonly Buffer[]>({
    maxSize: mostBytes,
    maxEntrySize: mostBytes / 2,
    sizeCalculation: (pieces) => byteLength(pieces) + 1,
  });
  /** Answers being made, by the ETag that was true as that began: whoever finds the same one takes part. */
  const making = new Map<string, Promise<KeptAnswer>>();

  async function makeAndKeep(make: () => Promise<MadeAnswer>, etagOf: (version: number) => string) {
    // A change may have come since it was asked for: what was read has a version of its own.
    const { version, pieces } = await make();
    const etag = etagOf(version);
    kept.set(etag, pieces);
    return { etag, pieces };
  }

  return {
    async answer(importId, question, isKnown, make) {
      const { version, createdAt } = await stateOf(importId);
      const etagOf = (ofVersion: number) => `"${importId}.${ofVersion}.${createdAt.toString(36)}${question}"`;
      const etag = etagOf(version);
      if (isKnown(etag)) return { etag, pieces: undefined };
      const pieces = kept.get(etag);
      if (pieces !== undefined) return { etag, pieces };
      // Many clients at once cost one read and one copy: 40 lists of 41 MB took 48 s and 2.2 GB one by one.
      let made = making.get(etag);
      if (made === undefined) {
        made = makeAndKeep(make, etagOf).finally(() => making.delete(etag));
        making.set(etag, made);
      }
      return made;
    },
  };
}

/** Sends an answer with its ETag, or 304. Several pieces go out as the client takes them. */
export function sendKept(ctx: Context, { etag, pieces }: KeptAnswer): void {
  ctx.set('ETag', etag);
  // Always asked for again: it may change at any moment, and asking costs one look-up.
  ctx.set('Cache-Control', 'no-cache');
  if (pieces === undefined) {
    ctx.status = 304;
    return;
  }
  ctx.type = 'application/json';
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) {
    ctx.body = only;
    return;
  }
  ctx.length = byteLength(pieces);
  ctx.body = Readable.from(pieces, { objectMode: false, highWaterMark: PIECES_AHEAD_BYTES });
}
