import { LRUCache } from 'lru-cache';
import { type DateNumber, utcToday } from '../calendar.js';
import { createViolationList, invalidInput, toViolation } from '../http/violations.js';
import { checkRelativesList } from './consistency.js';
import type { ImportParser } from './parser.js';
import type { ImportsRepository } from './repository.js';
import { type Citizen, type CitizenChanges, createShapeValidators } from './schema.js';

export type { Citizen } from './schema.js';

const DATA_OPEN = Buffer.from('{"data":');
const DATA_CLOSE = Buffer.from('}');
/** 25 imports of everyday size. */
const KEPT_LISTS_BYTES = 64 * 1024 * 1024;
/** Up to here one write to the socket is three times as fast as many; copying 8 MB takes 2 ms. */
const MOST_JOINED_BYTES = 8 * 1024 * 1024;

function byteLength(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

function toAnswer(array: readonly Buffer[]): readonly Buffer[] {
  const pieces = [DATA_OPEN, ...array, DATA_CLOSE];
  return byteLength(pieces) <= MOST_JOINED_BYTES ? [Buffer.concat(pieces)] : pieces;
}

/** A change is checked on the event loop: 10,000 faults take about 10 ms. */
const MOST_FAULTS_OF_A_CHANGE = 10_000;
/** A citizen has nine; naming 100,000 unknown ones would take 0.4 s. */
const MOST_KEYS_OF_A_CHANGE = 100;

function holdsTooMuch(changes: unknown): boolean {
  return typeof changes === 'object' && changes !== null && Object.keys(changes).length > MOST_KEYS_OF_A_CHANGE;
}

export type ImportsService = {
  /** Checks and stores an import; answers its id. `bytes` must not be used afterwards. @throws ServiceError */
  create(bytes: Uint8Array<ArrayBuffer>): Promise<number>;
  /**
   * The import's citizens as of one moment, unless the client has them already: `isKnown` is asked with their ETag, and
   * when it says so there are no pieces. What was read once is kept until the import changes.
   */
  list(importId: number, isKnown: (etag: string) => boolean): Promise<CitizensList>;
  /** Changes a citizen; answers it as it is now. `changes` is what the client sent. @throws ServiceError */
  patch(importId: number, citizenId: number, changes: unknown): Promise<Citizen>;
};

/**
 * The JSON text `{"data": [...]}` in one piece or, of a large import, several, ready to be sent as often as asked for;
 * undefined when the client has it already.
 */
export type CitizensList = { etag: string; pieces: readonly Buffer[] | undefined };
type ReadList = { etag: string; pieces: readonly Buffer[] };

export type ImportsServiceParts = {
  repository: ImportsRepository;
  parser: ImportParser;
  today?: () => DateNumber;
};

export function createImportsService({ repository, parser, today = utcToday }: ImportsServiceParts): ImportsService {
  const validators = createShapeValidators();
  const lists = new LRUCache<string, readonly Buffer[]>({
    maxSize: KEPT_LISTS_BYTES,
    maxEntrySize: KEPT_LISTS_BYTES / 2,
    sizeCalculation: (pieces) => byteLength(pieces) + 1,
  });
  /** Reads under way, by the ETag that was true as they began: whoever finds the same one takes part. */
  const reading = new Map<string, Promise<ReadList>>();

  async function read(importId: number, etagOf: (version: number) => string): Promise<ReadList> {
    const { version, pieces } = await repository.readAll(importId);
    const list = { etag: etagOf(version), pieces: toAnswer(pieces) };
    lists.set(list.etag, list.pieces);
    return list;
  }

  /** Many clients at once cost one read and one copy: 40 lists of 41 MB took 48 s and 2.2 GB one by one. */
  function readOnce(importId: number, etag: string, etagOf: (version: number) => string): Promise<ReadList> {
    let list = reading.get(etag);
    if (list === undefined) {
      list = read(importId, etagOf).finally(() => reading.delete(etag));
      reading.set(etag, list);
    }
    return list;
  }

  function validChanges(citizenId: number, changes: unknown): CitizenChanges {
    const list = createViolationList('Nothing was changed.', MOST_FAULTS_OF_A_CHANGE);
    if (holdsTooMuch(changes)) {
      list.add({ pointer: '', code: 'TOO_COMPLEX', detail: 'holds far more than a citizen has' });
      throw invalidInput(list);
    }
    for (const error of validators.patch(changes, today())) list.add(toViolation(error, ''));
    const relatives = (changes as { relatives?: unknown } | null)?.relatives;
    if (Array.isArray(relatives)) checkRelativesList(citizenId, relatives, '/relatives', list.add);
    if (list.count() > 0) throw invalidInput(list);
    return changes as CitizenChanges;
  }

  return {
    async create(bytes) {
      return repository.create(await parser.parse(bytes, today()));
    },

    async list(importId, isKnown) {
      const { version, createdAt } = await repository.state(importId);
      const etagOf = (ofVersion: number) => `"${importId}.${ofVersion}.${createdAt.toString(36)}"`;
      const etag = etagOf(version);
      if (isKnown(etag)) return { etag, pieces: undefined };
      const kept = lists.get(etag);
      if (kept !== undefined) return { etag, pieces: kept };
      // A change may have come since: what is read has a version of its own.
      return readOnce(importId, etag, etagOf);
    },

    async patch(importId, citizenId, changes) {
      return repository.patch(importId, citizenId, validChanges(citizenId, changes));
    },
  };
}
