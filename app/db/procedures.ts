import { read, readPacked, write } from './procedure.js';
import type { ByteString, MsgpackInput, MsgpackValue } from './wire/msgpack.js';

/** A tuple of the space `citizens`, in the order of its format (tarantool/migrations/001_citizens.lua). */
export type CitizenTuple = [
  importId: number,
  citizenId: number,
  town: string,
  street: string,
  building: string,
  apartment: number,
  name: string,
  birthDate: number,
  gender: string,
  relatives: number[],
];

/** A tuple of the spaces `births` and `presents` (tarantool/migrations/003_aggregates.lua). */
export type CountsTuple = [importId: number, group: string | number, first: number, total: number, entries: string];
/** A field of a citizen as it is stored. */
export type StoredValue = string | number | number[];

/** Rows as MessagePack: an array of citizen tuples whose first field is a placeholder. */
type PackedRows = ByteString;
/** Blocks of the import's counts as MessagePack: [rows of births, rows of presents] (tarantool/census/stats/counts.lua). */
type PackedCounts = ByteString | null;

/** Of two imports: who came, went, changed and stayed the same from the first to the second. */
export type ComparisonCounts = [came: number, went: number, changed: number, same: number];

/** Of an import. Times in seconds of the epoch. Imports of older versions have no `bytes` and no `publishedAt`. */
export type ImportFields = [
  state: 'staging' | 'published',
  citizens: number,
  bytes: number | null,
  createdAt: number,
  publishedAt: number | null,
  version: number,
];

/** What the web side calls of census; rooms of the wings list their own. A test compares the names with tarantool/exports.lua. Results are lists of return values. */
export const PROCEDURES = {
  /** `bytes`: of the decoded body. `key`: one that this connection has claimed, or null. */
  createImport: write<
    [rows: PackedRows, bytes: number, key: string | null, fingerprint: string | null, counts: PackedCounts],
    [importId: number]
  >('svodka.imports.create'),
  /** `token`: what discardToken takes when no id came back; unique among what this connection stages. */
  stageImport: write<[rows: PackedRows, bytes: number, token: number | null, counts: PackedCounts], [importId: number]>(
    'svodka.imports.stage',
  ),
  /** `bytes` are added to those before. */
  appendToImport: write<[importId: number, rows: PackedRows, bytes: number, counts: PackedCounts], []>(
    'svodka.imports.append',
  ),
  publishImport: write<
    [importId: number, citizenCount: number, bytes: number, key: string | null, fingerprint: string | null],
    []
  >('svodka.imports.publish'),
  discardToken: write<[token: number], []>('svodka.imports.discard_token'),
  discardImport: write<[importId: number], []>('svodka.imports.discard'),
  describeImport: read<[importId: number], ImportFields>('svodka.imports.describe'),
  /** Newest first; those of ids below `below`. `goOnBelow`: missing on the last page. */
  listImports: read<
    [below: number | null, limit: number],
    [goOnBelow: number | null, imports: [importId: number, ...ImportFields][]]
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
  /** `rows`: MessagePack of an array of CitizenTuple, as a MessagePack string. */
  citizensPage: readPacked<
    [importId: number, after: number | null, limit: number, expectedVersion: number | null, mostBytes: number | null],
    [version: number, goOnAfter: number | null, rows: Buffer]
  >('svodka.citizens.page'),
  /** `tag` tells one content of the citizen from every other. */
  getCitizen: read<[importId: number, citizenId: number], [row: CitizenTuple, tag: string, version: number]>(
    'svodka.citizens.get',
  ),
  /** `rows`, `after` and `goOnAfter` as citizensPage has them. */
  findCitizens: readPacked<
    [
      importId: number,
      filter: { readonly [field: string]: string | number },
      after: number | null,
      limit: number,
      expectedVersion: number | null,
      mostBytes: number,
    ],
    [version: number, goOnAfter: number | null, rows: Buffer]
  >('svodka.citizens.find'),
  /** Newest first. `changes`: field -> [before, after]; of relatives perhaps their number alone. */
  citizenHistory: read<
    [importId: number, citizenId: number, below: number | null, limit: number],
    [
      version: number,
      goOnBelow: number | null,
      changes: [
        number: number,
        version: number,
        at: number,
        requestId: string,
        causeId: number | null,
        changes: ReadonlyMap<string, [before: StoredValue, after: StoredValue]>,
      ][],
    ]
  >('svodka.citizens.history'),
  patchCitizen: write<
    [
      importId: number,
      citizenId: number,
      changes: { readonly [field: string]: MsgpackInput },
      expected: { versions: readonly number[]; tags: readonly string[] } | null,
      requestId: string,
    ],
    [row: CitizenTuple, tag: string, version: number]
  >('svodka.citizens.patch'),
  /** `blocks`: an array of CountsTuple, to be read by their bytes. The first two results say where to go on. */
  presents: readPacked<
    [importId: number, month: number | null, first: number | null, limit: number, expectedVersion: number | null],
    [version: number, goOnMonth: number | null, goOnFirst: number | null, blocks: Buffer]
  >('svodka.stats.presents'),
  /** `ranks`: for each town its name, its citizens and two birth dates a share. */
  birthRanks: read<
    [
      importId: number,
      afterTown: string | null,
      limit: number,
      expectedVersion: number | null,
      shares: readonly number[],
    ],
    [version: number, goOnTown: string | null, ranks: (string | number)[]]
  >('svodka.stats.birth_ranks'),
  /** Takes as long as there are citizens: 0.4 s for a million, in pieces of which others wait for none. */
  countComparison: read<
    [beforeId: number, afterId: number],
    [beforeVersion: number, afterVersion: number, counts: ComparisonCounts]
  >('svodka.comparison.count'),
  /** `rows` as citizensPage has them; of those that changed two each, before and after. */
  comparisonPage: readPacked<
    [
      beforeId: number,
      afterId: number,
      kind: 'came' | 'went' | 'changed',
      place: number | null,
      limit: number,
      versions: readonly [before: number, after: number] | null,
    ],
    [beforeVersion: number, afterVersion: number, goOnAfter: number | null, rows: Buffer]
  >('svodka.comparison.page'),
  /** `months`: month, presents and givers of each month that has any. */
  presentsByMonth: read<[importId: number], [version: number, months: number[]]>('svodka.presents.by_month'),
  /** A piece of the givers of one town, of so much cost. `months`: presents and givers of each of the twelve. */
  presentsByMonthOfTown: read<
    [importId: number, town: string, after: number | null, mostCost: number, expectedVersion: number | null],
    [version: number, goOnAfter: number | null, months: number[]]
  >('svodka.presents.by_month_of_town'),
  /** A piece of the givers. `givers`: citizen and presents of the busiest in it, of those with more than `moreThan`. */
  busiestGivers: read<
    [
      importId: number,
      town: string | null,
      after: number | null,
      limit: number,
      moreThan: number,
      mostCost: number,
      expectedVersion: number | null,
    ],
    [version: number, goOnAfter: number | null, givers: number[]]
  >('svodka.presents.busiest'),
  /** `names`: name and town of each of the citizens, in the same order. */
  citizenNames: read<
    [importId: number, citizenIds: readonly number[], expectedVersion: number | null],
    [names: string[]]
  >('svodka.presents.names'),
  /** `ages`: an array of town, counts, town, counts ..., to be read by its bytes (tarantool/census/stats/ages.lua). */
  ages: readPacked<
    [
      importId: number,
      asOf: number,
      only: string | null,
      afterTown: string | null,
      afterFirst: number | null,
      limit: number,
      expectedVersion: number | null,
    ],
    [version: number, goOnTown: string | null, goOnFirst: number | null, ages: Buffer]
  >('svodka.stats.ages'),
  /** `differences`: the first of what is wrong in the kept counts: which kind, its group, the key, counted minus kept. */
  recount: read<
    [importId: number],
    [
      version: number,
      count: number,
      differences: [kind: string, group: string, key: number, difference: number][],
      citizens: number,
      compared: number,
    ]
  >('svodka.stats.recount'),
  /** role, term, cluster, position ...: what tarantool/replication.lua says of M.state. */
  replicationState: read<[], [state: ReadonlyMap<string, MsgpackValue>]>('svodka.replication.state'),
  /** tarantool/metrics.lua says what is in it. */
  metrics: read<[], [measurements: ReadonlyMap<string, MsgpackValue>]>('svodka.metrics'),
  serviceInfo: read<[], [info: ReadonlyMap<string, string | number>]>('svodka.service.info'),
} as const;
