import { type DateNumber, utcToday } from '../../../calendar.js';
import type { BodyAccount } from '../../../http/bodies/body_budget.js';
import type { ImportsRepository, StoredKey } from '../repository.js';
import { fingerprinted } from './body_parts.js';
import { requireSameRequest } from './idempotency.js';
import type { CountedImport, ImportFormat } from './parse.js';
import type { ImportParser, RowSink } from './parser.js';

/** The body of an import request. */
export type ImportBody = {
  format: ImportFormat;
  /** The decoded bytes; each part has memory of its own, and its consumer takes it over. */
  parts: AsyncIterable<Buffer<ArrayBuffer>>;
  /** Has already counted the memory of each part when the part arrives. */
  account: BodyAccount;
  /** A refusal carries a line for each violation. */
  reportsAll: boolean;
};

type CreateOptions = {
  /** The client's Idempotency-Key. */
  key?: string | undefined;
  /** Gets the id of an import that is too large for one transaction, as soon as it has one. */
  onStaged?: ((importId: number) => void) | undefined;
};

/** Checks and stores imports. */
export type Intake = {
  /** Checks and stores an import. `isReplayed`: it was stored before, under this key. @throws ServiceError */
  create(body: ImportBody, options?: CreateOptions): Promise<{ importId: number; isReplayed: boolean }>;
  /** Checks an import as create does but stores nothing. @throws ServiceError */
  check(body: ImportBody): Promise<CountedImport>;
};

type IntakeParts = {
  repository: ImportsRepository;
  parser: ImportParser;
  today?: (() => DateNumber) | undefined;
};

const NO_SINK: RowSink = { add: async () => {} };

export function createIntake({ repository, parser, today = utcToday }: IntakeParts): Intake {
  /** Reads a body to its end. Without `sink` it is only checked. */
  function read(body: ImportBody, parts: ImportBody['parts'], sink?: RowSink): Promise<CountedImport> {
    const { format, account, reportsAll } = body;
    const options = { format, today: today(), storesRows: sink !== undefined, reportsAll };
    return parser.read(parts, options, sink ?? NO_SINK, account);
  }

  /** Stores the parts. `keyed`: the key, and what is called after the last part for the fingerprint stored with it. */
  async function store(
    body: ImportBody,
    parts: ImportBody['parts'],
    onStaged: (importId: number) => void,
    keyed?: { key: string; fingerprint: () => string },
  ): Promise<number> {
    const writer = repository.createWriter(onStaged, keyed?.key);
    try {
      const counted = await read(body, parts, writer);
      return await writer.finish(counted, keyed && { key: keyed.key, fingerprint: keyed.fingerprint() });
    } catch (reason) {
      await writer.discard();
      throw reason;
    }
  }

  async function replay(body: ImportBody, stored: StoredKey): Promise<number> {
    const { parts, fingerprint } = fingerprinted(body.parts, body.format);
    for await (const part of parts) body.account.give(part.buffer.byteLength);
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
      return { importId: await store(body, parts, onStaged, { key, fingerprint }), isReplayed: false };
    } catch (reason) {
      await claim.release();
      throw reason;
    }
  }

  return {
    async create(body, { key, onStaged = () => {} } = {}) {
      if (key !== undefined) return createKeyed(body, key, onStaged);
      return { importId: await store(body, body.parts, onStaged), isReplayed: false };
    },
    check: (body) => read(body, body.parts),
  };
}
