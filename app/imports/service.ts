import { type DateNumber, utcToday } from '../calendar.js';
import type { BodyAccount } from '../http/body_budget.js';
import { createKeptAnswers, type IsKnown, inEnvelope, type KeptAnswer } from '../http/kept_answers.js';
import { createViolationList, invalidInput, toViolation } from '../http/violations.js';
import { countedParts, fingerprinted, heldNoMore } from './body_parts.js';
import { checkRelativesList } from './consistency.js';
import { requireSameRequest } from './idempotency.js';
import type { KeyedBody } from './import_writer.js';
import type { CountedImport, ImportFormat } from './parse.js';
import type { ImportParser, RowSink } from './parser.js';
import type { ImportProgress, ImportsRepository, StoredKey } from './repository.js';
import { type Citizen, type CitizenChanges, createShapeValidators } from './schema.js';
import { createImportWatch, type ImportWatch } from './watch.js';

export type { CountedImport, ImportFormat } from './parse.js';
export type { ImportProgress } from './repository.js';
export type { Citizen } from './schema.js';

/** 25 imports of everyday size. */
const KEPT_LISTS_BYTES = 64 * 1024 * 1024;
/** A change is checked on the event loop: 10,000 faults take about 10 ms. */
const MOST_FAULTS_OF_A_CHANGE = 10_000;
/** A citizen has nine; naming 100,000 unknown ones would take 0.4 s. */
const MOST_KEYS_OF_A_CHANGE = 100;

const NO_SINK: RowSink = { add: async () => {} };

function holdsTooMuch(changes: unknown): boolean {
  return typeof changes === 'object' && changes !== null && Object.keys(changes).length > MOST_KEYS_OF_A_CHANGE;
}

/** What a client sends to be imported. */
export type ImportBody = {
  format: ImportFormat;
  /** The decoded bytes; each part is of its own memory and must not be used afterwards. */
  parts: AsyncIterable<Buffer<ArrayBuffer>>;
  account: BodyAccount;
  /** A refusal is to carry a line for each violation. */
  reportsAll: boolean;
};

export type CreateOptions = {
  /** The client's Idempotency-Key. */
  key?: string | undefined;
  /** Told the id of an import that is too large for one transaction, as soon as it has one. */
  onStaged?: ((importId: number) => void) | undefined;
};

export type ImportsService = {
  /** Checks and stores an import; answers its id. isReplayed: it was stored before, under this key. @throws ServiceError */
  create(body: ImportBody, options?: CreateOptions): Promise<{ importId: number; isReplayed: boolean }>;
  /** Checks an import as create does, and stores nothing. @throws ServiceError */
  check(body: ImportBody): Promise<CountedImport>;
  /** Where an import stands that is staged or published. @throws ServiceError IMPORT_NOT_FOUND */
  progress(importId: number): Promise<ImportProgress>;
  watch: ImportWatch['watch'];
  /** The import's citizens as of one moment, `{"data": [...]}`. @throws ServiceError IMPORT_NOT_FOUND */
  list(importId: number, isKnown: IsKnown): Promise<KeptAnswer>;
  /** Changes a citizen; answers it as it is now. `changes` is what the client sent. @throws ServiceError */
  patch(importId: number, citizenId: number, changes: unknown): Promise<Citizen>;
};

export type ImportsServiceParts = {
  repository: ImportsRepository;
  parser: ImportParser;
  today?: () => DateNumber;
};

export function createImportsService({ repository, parser, today = utcToday }: ImportsServiceParts): ImportsService {
  const validators = createShapeValidators();
  const watch = createImportWatch(repository.progress);
  const lists = createKeptAnswers(KEPT_LISTS_BYTES, (importId) => repository.state(importId));

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

  /** Reads a body to its end; `sink` undefined: only checks it. */
  function read(body: ImportBody, parts: ImportBody['parts'], sink?: RowSink): Promise<CountedImport> {
    const { format, account, reportsAll } = body;
    const options = { format, today: today(), storesRows: sink !== undefined, reportsAll };
    return parser.read(countedParts(parts, account), options, sink ?? NO_SINK, (bytes) =>
      account.give(heldNoMore(bytes)),
    );
  }

  /** Stores the parts; what `keyed` answers when all were read is stored with them. */
  async function store(
    body: ImportBody,
    parts: ImportBody['parts'],
    onStaged: (importId: number) => void,
    keyed: () => KeyedBody | undefined,
  ): Promise<number> {
    const writer = repository.createWriter(onStaged);
    try {
      return await writer.finish(await read(body, parts, writer), keyed());
    } catch (reason) {
      await writer.discard();
      throw reason;
    }
  }

  async function replay(body: ImportBody, stored: StoredKey): Promise<number> {
    const { parts, fingerprint } = fingerprinted(body.parts, body.format);
    for await (const part of parts) void part;
    requireSameRequest(stored.fingerprint, fingerprint());
    return stored.importId;
  }

  async function createKeyed(
    body: ImportBody,
    key: string,
    onStaged: (importId: number) => void,
  ): Promise<{ importId: number; isReplayed: boolean }> {
    const claim = await repository.claimKey(key);
    if ('importId' in claim) return { importId: await replay(body, claim), isReplayed: true };
    const { parts, fingerprint } = fingerprinted(body.parts, body.format);
    try {
      const importId = await store(body, parts, onStaged, () => ({ key, fingerprint: fingerprint() }));
      return { importId, isReplayed: false };
    } catch (reason) {
      await claim.release();
      throw reason;
    }
  }

  return {
    async create(body, { key, onStaged = () => {} } = {}) {
      if (key !== undefined) return createKeyed(body, key, onStaged);
      return { importId: await store(body, body.parts, onStaged, () => undefined), isReplayed: false };
    },

    check: (body) => read(body, body.parts),

    progress: repository.progress,
    watch: watch.watch,

    list(importId, isKnown) {
      return lists.answer(importId, '', isKnown, async () => {
        const { version, pieces } = await repository.readAll(importId);
        return { version, pieces: inEnvelope(pieces) };
      });
    },

    async patch(importId, citizenId, changes) {
      return repository.patch(importId, citizenId, validChanges(citizenId, changes));
    },
  };
}
