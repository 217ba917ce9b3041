import { isUtf8 } from 'node:buffer';
import type { DateNumber } from '../calendar.js';
import { type ErrorCode, ServiceError, type Violation } from '../errors.js';
import { emptyBody, malformedJson, notUtf8 } from '../http/body.js';
import { createViolationList, invalidInput, pointerBelow, toViolation } from '../http/violations.js';
import { createCitizenReader } from './citizen_reader.js';
import { checkConsistency, type RelatedRecord } from './consistency.js';
import { type ImportVisitor, isBlankText, MalformedJson, scanImport } from './import_scanner.js';
import { createRowPacker } from './rows.js';
import { type Citizen, createShapeValidators } from './schema.js';

/** Plain data, since it crosses from a worker thread. */
export type ParsedImport = { chunks: Uint8Array[]; citizenCount: number; bodyBytes: number };
export type RefusedImport = {
  code: ErrorCode;
  detail: string;
  violations: readonly Violation[];
  violationCount: number;
};

/** What is wrong around the citizens, in words. */
const FAULTS: Readonly<Record<Parameters<ImportVisitor['fault']>[0], { code: string; detail: string }>> = {
  notAnObject: { code: 'WRONG_TYPE', detail: 'must be of type object' },
  notAnArray: { code: 'WRONG_TYPE', detail: 'must be of type array' },
  missing: { code: 'REQUIRED', detail: 'is required' },
  unknownKey: { code: 'UNKNOWN_FIELD', detail: 'is not a known field' },
  repeatedKey: { code: 'REPEATED_FIELD', detail: 'is there twice' },
};
const TOO_COMPLEX = { code: 'TOO_COMPLEX', detail: 'holds far more than a citizen has' };
const NO_RECORD: RelatedRecord = {};

const validators = createShapeValidators();

/** One element of `citizens`, from its bytes. @throws MalformedJson */
function parseCitizen(bytes: Buffer, start: number, end: number): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    throw new MalformedJson(start);
  }
}

/** What the rules across records need of a citizen; the rest of it can go. */
function toRecord(citizen: unknown): RelatedRecord {
  if (typeof citizen !== 'object' || citizen === null) return NO_RECORD;
  const { citizen_id, relatives }: RelatedRecord = citizen;
  return citizen_id === undefined && relatives === undefined ? NO_RECORD : { citizen_id, relatives };
}

function parse(bytes: Buffer, today: DateNumber, readsQuickly: boolean): ParsedImport {
  if (!isUtf8(bytes)) throw notUtf8();
  if (isBlankText(bytes)) throw emptyBody();
  const list = createViolationList('Nothing was stored.');
  const packer = createRowPacker();
  const records: RelatedRecord[] = [];
  const reader = createCitizenReader(bytes, today, packer.writer);

  scanImport(bytes, {
    quick(start) {
      const end = readsQuickly ? reader.read(start) : -1;
      if (end >= 0) {
        packer.countRow();
        records.push({ citizen_id: reader.citizenId(), relatives: reader.relatives() });
      }
      return end;
    },
    citizen(start, end, isTooComplex) {
      const pointer = `/citizens/${records.length}`;
      if (isTooComplex) {
        list.add({ pointer, ...TOO_COMPLEX });
        records.push(NO_RECORD);
        return;
      }
      const citizen = parseCitizen(bytes, start, end);
      for (const error of validators.citizen(citizen, today)) list.add(toViolation(error, pointer));
      records.push(toRecord(citizen));
      if (list.count() === 0) packer.add(citizen as Citizen);
    },
    fault(kind, key) {
      list.add({ pointer: key === undefined ? '' : pointerBelow('', key), ...FAULTS[kind] });
    },
  });
  checkConsistency(records, list.add);
  if (list.count() > 0) throw invalidInput(list);
  return { chunks: packer.finish(), citizenCount: records.length, bodyBytes: bytes.length };
}

function toRefusal(reason: unknown): RefusedImport {
  const error = reason instanceof MalformedJson ? malformedJson(`byte ${reason.offset}`) : reason;
  if (!(error instanceof ServiceError)) throw error;
  const { code, message: detail, violations = [], violationCount } = error;
  return { code, detail, violations, violationCount };
}

/**
 * The whole way from an import's bytes to rows: UTF-8, JSON, shape, rules across records. Every violation is counted.
 * `readsQuickly`: false makes every citizen go the slow way, by JSON.parse and Ajv; the outcome is the same.
 */
export function parseImport(bytes: Uint8Array, today: DateNumber, readsQuickly = true): ParsedImport | RefusedImport {
  try {
    return parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), today, readsQuickly);
  } catch (reason) {
    return toRefusal(reason);
  }
}
