import { LRUCache } from 'lru-cache';
import { compress, type Encoding, isWorthCompressing } from './encoding.js';
import { formatEtag, type ImportState, type IsKnown, withEncoding } from './etags.js';

/** Text in one piece or several, made from the data of a version. `link`: the header of that name. */
export type MadeAnswer = { version: number; pieces: readonly Buffer[]; link?: string | undefined };

/**
 * `pieces` are missing when the client has them already. One piece is in its encoding; several are a text that is still
 * to be encoded as it is sent.
 */
export type KeptAnswer = {
  etag: string;
  /** Of the import, that the answer is of. */
  version: number;
  encoding: Encoding;
  pieces: readonly Buffer[] | undefined;
  link?: string | undefined;
};

/** How a client would have its answer, and whether it has it already. */
export type Wanted = { encoding: Encoding; isKnown: IsKnown };

/** `question` tells an answer from the others about the import; it is empty, or begins with a dot (formatEtag). */
export type Asked = Wanted & { question: string };

/** Answers since the start: those that the client had already, those that were kept, those that had to be made. */
export type KeptUse = {
  answers: number;
  bytes: number;
  mostBytes: number;
  asked: Readonly<Record<'unchanged' | 'kept' | 'made', number>>;
};

export type KeptAnswers = {
  /**
   * The answer to a question about an import as it is now: the client's own, when `isKnown` says that it has the one
   * of this ETag, a kept one, or one that `make` makes. Who asks while it is being made waits for the same.
   */
  answer(importId: number, asked: Asked, make: () => Promise<MadeAnswer>): Promise<KeptAnswer>;
  use(): KeptUse;
};

/**
 * Up to here the pieces of an answer are joined when it is asked for again: one write to the socket is three times as
 * fast as many. The first time it goes out in its pieces, since joining 2 MB takes 1.1 ms, a tenth of making them.
 */
const MOST_JOINED_BYTES = 8 * 1024 * 1024;

export function byteLength(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

function isLong(pieces: readonly Buffer[]): boolean {
  return byteLength(pieces) > MOST_JOINED_BYTES;
}

/** Pieces of a text -> the same joined into one when that is not long. */
function joinShort(pieces: readonly Buffer[]): readonly Buffer[] {
  return pieces.length === 1 || isLong(pieces) ? pieces : [Buffer.concat(pieces)];
}

const DATA_OPEN = Buffer.from('{"data":');
const DATA_CLOSE = Buffer.from('}');

/** The JSON of an answer's data, in pieces -> `{"data": ...}`. */
export function inEnvelope(json: readonly Buffer[]): readonly Buffer[] {
  return [Buffer.concat([DATA_OPEN, ...json, DATA_CLOSE])];
}

type WholeAnswer = KeptAnswer & { pieces: readonly Buffer[] };

/** Who asks for what is being made waits for the same. */
function createShared<Value>(): (key: string, make: () => Promise<Value>) => Promise<Value> {
  const making = new Map<string, Promise<Value>>();
  return (key, make) => {
    let made = making.get(key);
    if (made === undefined) {
      made = make().finally(() => making.delete(key));
      making.set(key, made);
    }
    return made;
  };
}

/**
 * Keeps answers by the version of the data that they were made from and by encoding, up to `mostBytes`. `stateOf` is
 * asked each time, so that no answer is older than what is stored; it throws ServiceError IMPORT_NOT_FOUND.
 */
export function createKeptAnswers(mostBytes: number, stateOf: (importId: number) => Promise<ImportState>): KeptAnswers {
  const kept = new LRUCache<string, WholeAnswer>({
    maxSize: mostBytes,
    maxEntrySize: mostBytes / 2,
    sizeCalculation: ({ pieces }) => byteLength(pieces) + 1,
  });
  const asked = { unchanged: 0, kept: 0, made: 0 };
  // Many clients at once cost one read and one copy: 40 lists of 41 MB took 48 s and 2.2 GB one by one.
  const shared = createShared<WholeAnswer>();

  function getKept(etag: string): WholeAnswer | undefined {
    const found = kept.get(etag);
    if (found !== undefined) found.pieces = joinShort(found.pieces);
    return found;
  }

  async function makePlain(etagOf: (version: number) => string, make: () => Promise<MadeAnswer>): Promise<WholeAnswer> {
    // A change may have come since it was asked for: what was read has a version of its own.
    const { version, pieces, link } = await make();
    const answer: WholeAnswer = { etag: etagOf(version), version, encoding: 'identity', pieces, link };
    kept.set(answer.etag, answer);
    return answer;
  }

  async function encode(plain: WholeAnswer, etag: string, encoding: 'gzip' | 'br'): Promise<WholeAnswer> {
    const [text] = joinShort(plain.pieces) as [Buffer];
    const encoded = { ...plain, etag, encoding, pieces: [await compress(text, encoding)] };
    kept.set(etag, encoded);
    return encoded;
  }

  return {
    async answer(importId, { question, encoding, isKnown }, make) {
      const { version, createdAt } = await stateOf(importId);
      const etagOf = (ofVersion: number) => formatEtag(importId, { version: ofVersion, createdAt }, question);
      const plainEtag = etagOf(version);
      const encodedEtag = withEncoding(plainEtag, encoding);
      // Who has it not compressed has it too.
      const known = [encodedEtag, plainEtag].find(isKnown);
      if (known !== undefined) {
        asked.unchanged++;
        return { etag: known, version, encoding, pieces: undefined };
      }
      const found = getKept(encodedEtag);
      if (found !== undefined) {
        asked.kept++;
        return found;
      }
      const keptPlain = getKept(plainEtag);
      asked[keptPlain === undefined ? 'made' : 'kept']++;
      const plain = keptPlain ?? (await shared(plainEtag, () => makePlain(etagOf, make)));
      if (encoding === 'identity' || !isWorthCompressing(byteLength(plain.pieces))) return plain;
      const etag = withEncoding(plain.etag, encoding);
      if (isLong(plain.pieces)) return { ...plain, etag, encoding };
      return kept.get(etag) ?? shared(etag, () => encode(plain, etag, encoding));
    },

    use: () => ({ answers: kept.size, bytes: kept.calculatedSize, mostBytes, asked: { ...asked } }),
  };
}
