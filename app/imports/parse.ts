import type { DateNumber } from '../calendar.js';
import { type ErrorCode, ServiceError, type Violation } from '../errors.js';
import { decodeUtf8, parseJson } from '../http/body.js';
import { createViolationList, invalidInput, toViolation } from '../http/violations.js';
import { checkConsistency, type RelatedRecord } from './consistency.js';
import { packRows } from './rows.js';
import { type Citizen, createShapeValidators } from './schema.js';

/** Plain data, since it crosses from a worker thread. */
export type ParsedImport = { chunks: Uint8Array[]; citizenCount: number };
export type RefusedImport = {
  code: ErrorCode;
  detail: string;
  violations: readonly Violation[];
  violationCount: number;
};

const validators = createShapeValidators();

function parse(bytes: Uint8Array, today: DateNumber): ParsedImport {
  const body = parseJson(decodeUtf8(bytes));
  const list = createViolationList();
  for (const error of validators.envelope(body)) list.add(toViolation(error, ''));
  const citizens = (body as { citizens?: unknown } | null)?.citizens;
  if (Array.isArray(citizens)) {
    citizens.forEach((citizen, place) => {
      for (const error of validators.citizen(citizen, today)) list.add(toViolation(error, `/citizens/${place}`));
    });
    checkConsistency(citizens.map(asRecord), list.add);
  }
  if (list.count() > 0) throw invalidInput(list.first, list.count(), 'Nothing was stored.');
  return { chunks: packRows(citizens as Citizen[]), citizenCount: (citizens as Citizen[]).length };
}

function asRecord(value: unknown): RelatedRecord {
  return typeof value === 'object' && value !== null ? value : {};
}

/** The whole way from an import's bytes to rows: UTF-8, JSON, shape, rules across records. Every violation is counted. */
export function parseImport(bytes: Uint8Array, today: DateNumber): ParsedImport | RefusedImport {
  try {
    return parse(bytes, today);
  } catch (reason) {
    if (!(reason instanceof ServiceError)) throw reason;
    const { code, message: detail, violations = [], violationCount } = reason;
    return { code, detail, violations, violationCount };
  }
}
