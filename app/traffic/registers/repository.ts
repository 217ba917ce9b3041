import type { Client } from '../../db/client.js';
import { ByteString } from '../../db/wire/msgpack.js';
import type { ConvictedPlace } from './convicted_rows.js';
import type { TableName } from './model/tables.js';
import { type OwnerTuple, REGISTER_PROCEDURES as P } from './procedures.js';

export type Owner = {
  car_number: string;
  phone_number: string | null;
  email: string | null;
  tg: string | null;
  vk: string | null;
};

export type Violation = { id: string; violation_type: string; fine: number };

/** `updated`: keys. `incomplete`: places, from 0, of new rows without a value that they need. */
type PutOutcome = { added: number; updated: string[]; incomplete: number[] };

/** Decided at `from` or later and before `to`, in seconds since 1970. */
export type DecisionTime = { from?: number | undefined; to?: number | undefined };

/** Rows as MessagePack, and the place to continue after; null at the end. */
export type ConvictedPage = { packed: Buffer; next: ConvictedPlace | null };

/** All methods throw ServiceError. */
export type RegistersRepository = {
  /** Stores at most 500 rows, MessagePack, in one transaction; in a dry run only looks what would be done. */
  put(table: TableName, packed: Uint8Array, isDryRun: boolean): Promise<PutOutcome>;
  /** OWNER_NOT_FOUND */
  owner(carNumber: string): Promise<Owner>;
  violations(after: string | undefined, limit: number): Promise<{ violations: Violation[]; next: string | null }>;
  convicted(time: DecisionTime, after: ConvictedPlace | null, limit: number): Promise<ConvictedPage>;
};

const PUT = { car_owners: P.putOwners, violations: P.putViolations } as const;
/** Pieces wait behind each other's writes to the disk. */
const PUT_DEADLINE_MS = 30_000;

function toOwner([carNumber, phoneNumber, email, tg, vk]: OwnerTuple): Owner {
  return { car_number: carNumber, phone_number: phoneNumber, email, tg, vk };
}

export function createRegistersRepository(db: Client): RegistersRepository {
  return {
    async put(table, packed, isDryRun) {
      const [added, updated, incomplete] = await db.call(PUT[table], [new ByteString(packed), isDryRun], {
        deadlineMs: PUT_DEADLINE_MS,
      });
      return { added, updated, incomplete };
    },
    async owner(carNumber) {
      return toOwner((await db.call(P.getOwner, [carNumber]))[0]);
    },
    async violations(after, limit) {
      const [rows, next] = await db.call(P.listViolations, [after ?? null, limit]);
      const violations = rows.map(([id, violation_type, fine]) => ({ id, violation_type, fine }));
      return { violations, next: next ?? null };
    },
    async convicted({ from, to }, after, limit) {
      const [next, packed] = await db.call(P.listConvicted, [from ?? null, to ?? null, after, limit]);
      return { packed, next };
    },
  };
}
