import { read, readPacked, write } from '../../db/procedure.js';
import type { ByteString } from '../../db/wire/msgpack.js';
import type { ConvictedPlace } from './convicted_rows.js';

export type OwnerTuple = readonly [
  carNumber: string,
  phoneNumber: string | null,
  email: string | null,
  tg: string | null,
  vk: string | null,
];

/**
 * `rows`: at most 500, as MessagePack, the key first; a null keeps what is stored. `updated`: their keys. `incomplete`:
 * places, from 0, of new rows without a value that they need; they are left out.
 */
function put(name: string) {
  return write<[rows: ByteString, isDryRun: boolean], [added: number, updated: string[], incomplete: number[]]>(name);
}

export const REGISTER_PROCEDURES = {
  putOwners: put('svodka.registers.put_owners'),
  putViolations: put('svodka.registers.put_violations'),
  getOwner: read<[carNumber: string], [OwnerTuple]>('svodka.registers.owner'),
  listViolations: read<
    [after: string | null, limit: number],
    [rows: [id: string, violationType: string, fine: number][], next: string | null | undefined]
  >('svodka.registers.violations'),
  /** Times in seconds since 1970, from <= decided < to. The rows, ConvictedTuple, stay MessagePack. */
  listConvicted: readPacked<
    [from: number | null, to: number | null, after: ConvictedPlace | null, limit: number],
    [next: ConvictedPlace | null, rows: Buffer]
  >('svodka.registers.convicted'),
} as const;
