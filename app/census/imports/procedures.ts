import { read, write } from '../../db/procedure.js';
import type { ByteParts } from '../../db/wire/byte_parts.js';
import type { ByteString } from '../../db/wire/msgpack.js';

/** Rows as MessagePack: an array of citizen tuples whose first field is a placeholder. */
type PackedRows = ByteParts | ByteString;
/**
 * Blocks of the import's counts as MessagePack: [rows of births, rows of presents] (tarantool/census/stats/counts.lua).
 */
type PackedCounts = ByteParts | ByteString | null;

/** Of an import. Times in seconds of the epoch. Imports of older versions have no `bytes` and no `publishedAt`. */
export type ImportFields = [
  state: 'staging' | 'published',
  citizens: number,
  bytes: number | null,
  createdAt: number,
  publishedAt: number | null,
  version: number,
];

/** Procedures of imports and of their keys. */
export const PROCEDURES = {
  /** `bytes`: of the decoded body. `key`: one that this connection has claimed, or null. */
  createImport: write<
    [rows: PackedRows, bytes: number, key: string | null, fingerprint: string | null, counts: PackedCounts],
    [importId: number]
  >('svodka.imports.create'),
  /**
   * `token`: what discardToken takes when no id came back; unique among what this connection stages. `key`: the one that the
   * import will be published with; of several storages it decides which one gets the import.
   */
  stageImport: write<
    [rows: PackedRows, bytes: number, token: number | null, counts: PackedCounts, key: string | null],
    [importId: number]
  >('svodka.imports.stage'),
  /** `bytes` are added to those before. */
  appendToImport: write<
    [importId: number | null, rows: PackedRows, bytes: number, counts: PackedCounts, token: number | null],
    []
  >('svodka.imports.append'),
  publishImport: write<
    [
      importId: number | null,
      citizenCount: number,
      bytes: number,
      key: string | null,
      fingerprint: string | null,
      token: number | null,
    ],
    []
  >('svodka.imports.publish'),
  discardToken: write<[token: number], []>('svodka.imports.discard_token'),
  discardImport: write<[importId: number], []>('svodka.imports.discard'),
  describeImport: read<[importId: number], ImportFields>('svodka.imports.describe'),
  /** Newest first; those of ids below `below`. `nextBelow`: missing on the last page. */
  listImports: read<
    [below: number | null, limit: number],
    [nextBelow: number | null, imports: [importId: number, ...ImportFields][]]
  >('svodka.imports.list'),
  deleteImport: write<[importId: number, expectedVersions: readonly number[] | null], []>('svodka.imports.delete'),
  /** Waits; `changes`: import id, version, import id, version ..., version 0 of one that is no more. */
  importChanges: read<
    [epoch: number | null, place: number | null, timeoutSeconds: number],
    [epoch: number, place: number, changes: number[] | null]
  >('svodka.imports.changes'),
  /** Answers nothing when the key is claimed now, under the token; else what is stored under it. */
  claimKey: write<[key: string, token: number], [] | [importId: number, fingerprint: string]>('svodka.keys.claim'),
  releaseKey: write<[key: string, token: number], []>('svodka.keys.release'),
  importState: read<[importId: number], [version: number, createdAt: number]>('svodka.imports.state'),
} as const;
