import { LRUCache } from 'lru-cache';
import { coalesceInRounds } from './coalesce.js';
import { compress, type Encoding, isWorthCompressing } from './encoding.js';
import { type DataState, formatEtag, formatEtagOfMany, type IsKnown, withEncoding } from './etags.js';

/** An answer in one or more chunks, made from one version of the data. `link` is the Link header. */
export type MadeAnswer = { version: number; pieces: readonly Buffer[]; link?: string | undefined };

/** An answer that covers several subjects; `versions` is in the order of the subject ids. */
type MadeOfMany = { versions: readonly number[]; pieces: readonly Buffer[]; link?: string | undefined };

/**
 * `pieces` is undefined when the client already has the answer. A single chunk is encoded as `encoding` says; several
 * chunks are plain text that is encoded during sending.
 */
export type KeptAnswer = {
  etag: string;
  /** Version of the subject; undefined for an answer that covers several subjects. */
  version?: number;
  encoding: Encoding;
  pieces: readonly Buffer[] | undefined;
  link?: string | undefined;
  /** Asks the same question about the data as they are then. */
  again?: AskAgain;
};

/**
 * Resolves with an answer in the cache, or with one without chunks if the client has it; undefined if the answer would
 * have to be made or compressed. @throws the errors of StateOf
 */
type AskAgain = (wanted: Wanted) => Promise<KeptAnswer | undefined>;

/** The encoding to use, and what the client already has. */
export type Wanted = { encoding: Encoding; isKnown: IsKnown };

/** `question` names the answer among those about the subject; it is empty or begins with a dot (formatEtag). */
type Asked = Wanted & { question: string };

/** `asked` counts answers since the start: already at the client, found in the cache, or made. */
export type KeptUse = {
  answers: number;
  bytes: number;
  maxBytes: number;
  asked: Readonly<Record<'unchanged' | 'kept' | 'made', number>>;
};

type KeptAnswers = {
  /**
   * Answers a question about the current state of a subject: without chunks if `isKnown` accepts the ETag, else from
   * the cache, else by calling `make`. Concurrent callers share one pending answer.
   */
  answer(subjectId: number, asked: Asked, make: () => Promise<MadeAnswer>): Promise<KeptAnswer>;
  /** The same for an answer that covers several subjects. */
  answerOfMany(subjectIds: readonly number[], asked: Asked, make: () => Promise<MadeOfMany>): Promise<KeptAnswer>;
  use(): KeptUse;
};

/**
 * Up to this size, the chunks of a cached answer are joined on its first reuse: one write to the socket is three times
 * as fast as many. The first response is sent in chunks, since joining 2 MB takes 1.1 ms, a tenth of making them.
 */
const MAX_JOINED_BYTES = 8 * 1024 * 1024;

export function byteLength(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

function isLong(pieces: readonly Buffer[]): boolean {
  return byteLength(pieces) > MAX_JOINED_BYTES;
}

/** Joins the chunks unless they are too long together. */
function joinShort(pieces: readonly Buffer[]): readonly Buffer[] {
  return pieces.length === 1 || isLong(pieces) ? pieces : [Buffer.concat(pieces)];
}

/** What an answer takes beside its pieces: the record, its ETag, the entry of the cache. */
const ENTRY_BYTES = 1100;
/** A longer piece is kept as it is and counted with its spare room, a quarter of it; to copy 0.5 MB takes 0.2 ms. */
const MAX_COPIED_BYTES = 64 * 1024;

/** The piece in memory of its own: a view of 400 bytes keeps 8 KB of Node's pool from being freed. */
function inOwnMemory(piece: Buffer): Buffer {
  if (piece.length > MAX_COPIED_BYTES || piece.length === piece.buffer.byteLength) return piece;
  const own = Buffer.allocUnsafeSlow(piece.length);
  piece.copy(own);
  return own;
}

function memoryOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { buffer }) => sum + buffer.byteLength, ENTRY_BYTES);
}

const DATA_OPEN = Buffer.from('{"data":');
const DATA_CLOSE = Buffer.from('}');

/** Up to this size, chunks are joined as they are made: 0.1 ms, which one write to the socket saves. */
const MAX_JOINED_AT_ONCE_BYTES = 256 * 1024;

/** Wraps the JSON of the data, given in chunks: `{"data": ...}`. A long text stays in chunks. */
export function inEnvelope(json: readonly Buffer[]): readonly Buffer[] {
  const pieces = [DATA_OPEN, ...json, DATA_CLOSE];
  return byteLength(pieces) > MAX_JOINED_AT_ONCE_BYTES ? pieces : [Buffer.concat(pieces)];
}

type WholeAnswer = KeptAnswer & { pieces: readonly Buffer[] };
type PlainAnswer = Omit<WholeAnswer, 'encoding'>;
/** What identifies the answer that the current data give. */
type CurrentAnswer = Pick<KeptAnswer, 'etag' | 'version'>;

/** Concurrent callers with the same key share one pending value. */
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
 * Reads the state of a subject's data.
 * @throws ServiceError when the subject does not exist
 */
export type StateOf = (subjectId: number) => Promise<DataState>;

/**
 * Caches answers by data version and encoding, up to `maxBytes`. `stateOf` is called for every question, so no answer
 * is older than the stored data; its errors are passed on.
 */
export function createKeptAnswers(maxBytes: number, stateOf: StateOf): KeptAnswers {
  const kept = new LRUCache<string, WholeAnswer>({
    maxSize: maxBytes,
    maxEntrySize: maxBytes / 2,
    sizeCalculation: ({ pieces }) => memoryOf(pieces),
  });
  const counts = { unchanged: 0, kept: 0, made: 0 };
  // Concurrent requests cost one read and one copy; separately, 40 lists of 41 MB took 48 s and 2.2 GB.
  const shared = createShared<WholeAnswer>();
  // 16 concurrent requests about one subject cost one look-up instead of 16.
  const coalescedState = coalesceInRounds(stateOf);

  function keep(answer: WholeAnswer): WholeAnswer {
    const whole = { ...answer, pieces: answer.pieces.map(inOwnMemory) };
    kept.set(whole.etag, whole);
    return whole;
  }

  function getKept(etag: string): WholeAnswer | undefined {
    const found = kept.get(etag);
    if (found !== undefined && found.pieces.length > 1) found.pieces = joinShort(found.pieces).map(inOwnMemory);
    return found;
  }

  /** The plain answer, if it is too short to be compressed. */
  function getKeptShort(etag: string): WholeAnswer | undefined {
    const plain = kept.get(etag);
    return plain === undefined || isWorthCompressing(byteLength(plain.pieces)) ? undefined : getKept(etag);
  }

  async function makePlain(make: () => Promise<PlainAnswer>): Promise<WholeAnswer> {
    return keep({ ...(await make()), encoding: 'identity' });
  }

  async function encode(plain: WholeAnswer, etag: string, encoding: 'gzip' | 'br'): Promise<WholeAnswer> {
    const [text] = joinShort(plain.pieces) as [Buffer];
    return keep({ ...plain, etag, encoding, pieces: [await compress(text, encoding)] });
  }

  /** An answer that nothing has to be done for. */
  function findKept(now: CurrentAnswer, { encoding, isKnown }: Wanted): KeptAnswer | undefined {
    const encodedEtag = withEncoding(now.etag, encoding);
    // A client holding the uncompressed form is up to date as well.
    const known = isKnown(encodedEtag) ? encodedEtag : isKnown(now.etag) ? now.etag : undefined;
    if (known !== undefined) {
      counts.unchanged++;
      return { ...now, etag: known, encoding, pieces: undefined };
    }
    const found = getKept(encodedEtag) ?? (encoding === 'identity' ? undefined : getKeptShort(now.etag));
    if (found !== undefined) counts.kept++;
    return found;
  }

  /** The data may still change until `make` reads them. */
  async function answerAs(now: CurrentAnswer, wanted: Wanted, make: () => Promise<PlainAnswer>): Promise<KeptAnswer> {
    const found = findKept(now, wanted);
    if (found !== undefined) return found;
    const { encoding } = wanted;
    const keptPlain = getKept(now.etag);
    counts[keptPlain === undefined ? 'made' : 'kept']++;
    const plain = keptPlain ?? (await shared(now.etag, () => makePlain(make)));
    if (encoding === 'identity' || !isWorthCompressing(byteLength(plain.pieces))) return plain;
    const etag = withEncoding(plain.etag, encoding);
    if (isLong(plain.pieces)) return { ...plain, etag, encoding };
    return kept.get(etag) ?? shared(etag, () => encode(plain, etag, encoding));
  }

  // Made by functions of their own: requests that are remembered (repeats.ts) keep `again`, which must not keep `make` and
  // with it the whole request.
  function askAbout(subjectId: number, question: string) {
    const etagOf = (state: DataState) => formatEtag(subjectId, state, question);
    const again: AskAgain = async (later) => {
      const state = await coalescedState(subjectId);
      return findKept({ etag: etagOf(state), version: state.version }, later);
    };
    return { etagOf, again };
  }

  function askAboutMany(subjectIds: readonly number[], question: string) {
    const statesNow = () => Promise.all(subjectIds.map(coalescedState));
    const etagOf = (states: readonly DataState[]) => formatEtagOfMany(subjectIds, states, question);
    const again: AskAgain = async (later) => findKept({ etag: etagOf(await statesNow()) }, later);
    return { statesNow, etagOf, again };
  }

  return {
    async answer(subjectId, { question, ...wanted }, make) {
      const { etagOf, again } = askAbout(subjectId, question);
      const { version, createdAt } = await coalescedState(subjectId);
      const answer = await answerAs({ etag: etagOf({ version, createdAt }), version }, wanted, async () => {
        const made = await make();
        return { ...made, etag: etagOf({ version: made.version, createdAt }) };
      });
      return { ...answer, again };
    },

    async answerOfMany(subjectIds, { question, ...wanted }, make) {
      const { statesNow, etagOf, again } = askAboutMany(subjectIds, question);
      const states = await statesNow();
      const answer = await answerAs({ etag: etagOf(states) }, wanted, async () => {
        const { versions, ...made } = await make();
        const read = states.map((state, place) => ({ ...state, version: versions[place] as number }));
        return { ...made, etag: etagOf(read) };
      });
      return { ...answer, again };
    },

    use: () => ({ answers: kept.size, bytes: kept.calculatedSize, maxBytes, asked: { ...counts } }),
  };
}
