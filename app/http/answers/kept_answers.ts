import { LRUCache } from 'lru-cache';
import { compress, type Encoding, isWorthCompressing } from './encoding.js';
import { formatEtag, formatEtagOfMany, type ImportState, type IsKnown, withEncoding } from './etags.js';
import { createGathered } from './gathered.js';

/** Text in one piece or several, made from the data of a version. `link`: the header of that name. */
export type MadeAnswer = { version: number; pieces: readonly Buffer[]; link?: string | undefined };

/** The same from several imports; `versions` in the order in which they were asked for. */
export type MadeOfMany = { versions: readonly number[]; pieces: readonly Buffer[]; link?: string | undefined };

/**
 * `pieces` are missing when the client has them already. One piece is in its encoding; several are a text that is still
 * to be encoded as it is sent.
 */
export type KeptAnswer = {
  etag: string;
  /** Of the import, that the answer is of; missing when it is of several. */
  version?: number;
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
  /** The same about several imports. */
  answerOfMany(importIds: readonly number[], asked: Asked, make: () => Promise<MadeOfMany>): Promise<KeptAnswer>;
  use(): KeptUse;
};

/**
 * Up to here the pieces of an answer are joined when it is asked for again: one write to the socket is three times as
 * fast as many. The first time it goes out in its pieces, since joining 2 MB takes 1.1 ms, a tenth of making them.
 */
const MOST_JOINED_BYTES = 8 * 1024 * 1024;

export function byteLength(pieces: readonly Uint8Array[]): number {
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
type PlainAnswer = Omit<WholeAnswer, 'encoding'>;

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

/** What tells the state of an import from every other. @throws ServiceError IMPORT_NOT_FOUND */
export type StateOf = (importId: number) => Promise<ImportState>;

/**
 * Keeps answers by the version of the data that they were made from and by encoding, up to `mostBytes`. `stateOf` is
 * asked each time, so that no answer is older than what is stored.
 */
export function createKeptAnswers(mostBytes: number, stateOf: StateOf): KeptAnswers {
  const kept = new LRUCache<string, WholeAnswer>({
    maxSize: mostBytes,
    maxEntrySize: mostBytes / 2,
    sizeCalculation: ({ pieces }) => byteLength(pieces) + 1,
  });
  const counts = { unchanged: 0, kept: 0, made: 0 };
  // Many clients at once cost one read and one copy: 40 lists of 41 MB took 48 s and 2.2 GB one by one.
  const shared = createShared<WholeAnswer>();
  // 16 clients that ask about one import at once cost one or two look-ups instead of 16.
  const gatheredState = createGathered(stateOf);

  function getKept(etag: string): WholeAnswer | undefined {
    const found = kept.get(etag);
    if (found !== undefined) found.pieces = joinShort(found.pieces);
    return found;
  }

  async function makePlain(make: () => Promise<PlainAnswer>): Promise<WholeAnswer> {
    const answer: WholeAnswer = { ...(await make()), encoding: 'identity' };
    kept.set(answer.etag, answer);
    return answer;
  }

  async function encode(plain: WholeAnswer, etag: string, encoding: 'gzip' | 'br'): Promise<WholeAnswer> {
    const [text] = joinShort(plain.pieces) as [Buffer];
    const encoded = { ...plain, etag, encoding, pieces: [await compress(text, encoding)] };
    kept.set(etag, encoded);
    return encoded;
  }

  /** `now`: what an answer made from the data as it is would be. A change may come until `make` has read it. */
  async function answerAs(
    now: Pick<KeptAnswer, 'etag' | 'version'>,
    { encoding, isKnown }: Wanted,
    make: () => Promise<PlainAnswer>,
  ): Promise<KeptAnswer> {
    const encodedEtag = withEncoding(now.etag, encoding);
    // Who has it not compressed has it too.
    const known = [encodedEtag, now.etag].find(isKnown);
    if (known !== undefined) {
      counts.unchanged++;
      return { ...now, etag: known, encoding, pieces: undefined };
    }
    const found = getKept(encodedEtag);
    if (found !== undefined) {
      counts.kept++;
      return found;
    }
    const keptPlain = getKept(now.etag);
    counts[keptPlain === undefined ? 'made' : 'kept']++;
    const plain = keptPlain ?? (await shared(now.etag, () => makePlain(make)));
    if (encoding === 'identity' || !isWorthCompressing(byteLength(plain.pieces))) return plain;
    const etag = withEncoding(plain.etag, encoding);
    if (isLong(plain.pieces)) return { ...plain, etag, encoding };
    return kept.get(etag) ?? shared(etag, () => encode(plain, etag, encoding));
  }

  return {
    async answer(importId, asked, make) {
      const { version, createdAt } = await gatheredState(importId);
      const etagOf = (ofVersion: number) => formatEtag(importId, { version: ofVersion, createdAt }, asked.question);
      return answerAs({ etag: etagOf(version), version }, asked, async () => {
        const made = await make();
        return { ...made, etag: etagOf(made.version) };
      });
    },

    async answerOfMany(importIds, asked, make) {
      const states = await Promise.all(importIds.map(gatheredState));
      const etag = formatEtagOfMany(importIds, states, asked.question);
      return answerAs({ etag }, asked, async () => {
        const { versions, ...made } = await make();
        const read = states.map((state, place) => ({ ...state, version: versions[place] as number }));
        return { ...made, etag: formatEtagOfMany(importIds, read, asked.question) };
      });
    },

    use: () => ({ answers: kept.size, bytes: kept.calculatedSize, mostBytes, asked: { ...counts } }),
  };
}
