import { read, readPacked, write } from '../../db/procedure.js';
import type { ByteParts } from '../../db/wire/byte_parts.js';
import type { MsgpackMap } from '../../db/wire/msgpack.js';
import type { CaseTuple, NewCaseTuple } from './model/case_tuple.js';

/** A case with what other rooms know of it. */
export type DescribedCase = [row: CaseTuple, owner: MsgpackMap | null, votes: MsgpackMap | null];

export const CASE_PROCEDURES = {
  /** `photo`: its bytes, or the number under which it was staged. `changed`: the catalog has another version. */
  createCase: write<
    [catalogVersion: number, tuple: NewCaseTuple, record: string, photo: ByteParts | number, repeatS: number],
    [outcome: 'stored' | 'repeated', row: CaseTuple] | [outcome: 'refused', faults: string[]] | [outcome: 'changed']
  >('svodka.cases.create'),
  stagePhoto: write<[no: number | null, place: number, bytes: ByteParts], [no: number]>('svodka.cases.stage'),
  discardPhoto: write<[no: number], []>('svodka.cases.discard'),
  getCase: read<[caseId: string], [found: DescribedCase]>('svodka.cases.get'),
  /** from <= timestamp < to. */
  listCases: read<
    [
      filter: {
        readonly status?: string;
        readonly camera?: string;
        readonly violation?: string;
        readonly transport?: string;
        readonly from?: number;
        readonly to?: number;
      },
      after: readonly [timestamp: number, no: number] | null,
      limit: number,
    ],
    [found: DescribedCase[], next: [timestamp: number, no: number] | null]
  >('svodka.cases.list'),
  caseHistory: read<[caseId: string], [row: CaseTuple, entries: [status: string, at: number, by: string][]]>(
    'svodka.cases.history',
  ),
  /** The piece as the bytes of a MessagePack string; a null when there is none. */
  photoPiece: readPacked<[no: number, place: number], [packed: Buffer]>('svodka.cases.photo'),
  caseStats: read<[kind: string, after: string | null, limit: number], [counts: [key: string, count: number][]]>(
    'svodka.cases.stats',
  ),
  recountCases: read<
    [],
    [
      cases: number,
      counts: number,
      wrongCounts: number,
      differences: [kind: string, key: string, kept: number, counted: number][],
    ]
  >('svodka.cases.recount'),
} as const;
