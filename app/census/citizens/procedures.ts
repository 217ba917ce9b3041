import { read, readPacked, write } from '../../db/procedure.js';
import type { MsgpackInput } from '../../db/wire/msgpack.js';

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

/** A field of a citizen as it is stored. */
export type StoredValue = string | number | number[];

/** Procedures of stored citizens. */
export const PROCEDURES = {
  /** `rows`: MessagePack of an array of CitizenTuple, as a MessagePack string. */
  citizensPage: readPacked<
    [importId: number, after: number | null, limit: number, expectedVersion: number | null, maxBytes: number | null],
    [version: number, nextAfter: number | null, rows: Buffer]
  >('svodka.citizens.page'),
  /** `tag` tells one content of the citizen from every other. */
  getCitizen: read<[importId: number, citizenId: number], [row: CitizenTuple, tag: string, version: number]>(
    'svodka.citizens.get',
  ),
  /** `rows`, `after` and `nextAfter` as citizensPage has them. */
  findCitizens: readPacked<
    [
      importId: number,
      filter: { readonly [field: string]: string | number },
      after: number | null,
      limit: number,
      expectedVersion: number | null,
      maxBytes: number,
    ],
    [version: number, nextAfter: number | null, rows: Buffer]
  >('svodka.citizens.find'),
  /** Newest first. `changes`: field -> [before, after]; of relatives perhaps their number alone. */
  citizenHistory: read<
    [importId: number, citizenId: number, below: number | null, limit: number],
    [
      version: number,
      nextBelow: number | null,
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
} as const;
