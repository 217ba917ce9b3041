import { read, write } from '../../db/procedure.js';

/** 1 added, 2 updated, 3 new and without a value that it needs. */
type Outcome = 1 | 2 | 3;

/** Null: what is stored stays. */
type OwnerTuple = readonly [
  carNumber: string,
  phoneNumber: string | null,
  email: string | null,
  tg: string | null,
  vk: string | null,
];

type ViolationRow = readonly [violationType: string, fine: number | null];

type ConvictedTuple = readonly [
  decidedAt: number,
  caseId: string,
  transport: string,
  cameraId: string,
  violationType: string | null,
  violationValue: string,
  fine: number | null,
  timestamp: number,
  phoneNumber: string | null,
  email: string | null,
  tg: string | null,
  vk: string | null,
];

type ConvictedPlace = readonly [at: number, no: number];

export const REGISTER_PROCEDURES = {
  /** At most 500 rows. */
  putOwners: write<[rows: readonly OwnerTuple[], isDryRun: boolean], [Outcome[]]>('svodka.registers.put_owners'),
  putViolations: write<[rows: readonly ViolationRow[], isDryRun: boolean], [Outcome[]]>(
    'svodka.registers.put_violations',
  ),
  getOwner: read<[carNumber: string], [OwnerTuple]>('svodka.registers.owner'),
  listViolations: read<
    [after: string | null, limit: number],
    [rows: [id: string, violationType: string, fine: number][], next: string | null | undefined]
  >('svodka.registers.violations'),
  /** Times in seconds since 1970, from <= at < to. */
  listConvicted: read<
    [from: number | null, to: number | null, after: ConvictedPlace | null, limit: number],
    [rows: ConvictedTuple[], next: ConvictedPlace | null | undefined]
  >('svodka.registers.convicted'),
} as const;
