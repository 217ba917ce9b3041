import { GROUND_ERRORS } from './errors/ground_errors.js';
import { ROOM_ERRORS } from './errors/room_errors.js';

/**
 * Every error that a client of the API can meet. docs/errors.md has a section for each, and the page a Russian title; tests
 * compare them.
 */
export const ERRORS = { ...GROUND_ERRORS, ...ROOM_ERRORS } as const;

export type ErrorCode = keyof typeof ERRORS;

/**
 * One broken rule. `pointer` is a JSON Pointer into what was sent; `peer` points at the other record, if there is one.
 * `line` (from 1, where a record has one) and `byteOffset` (from 0) are those where the record begins.
 */
export type Violation = {
  pointer: string;
  code: string;
  detail: string;
  peer?: string;
  line?: number;
  byteOffset?: number;
};

/** Violations named in one answer at most; the count is always whole (spec/errors.md). */
export const MAX_VIOLATIONS = 100;

export type ServiceErrorOptions = {
  violations?: readonly Violation[];
  /** True number of violations, of which `violations` holds the first. */
  violationCount?: number;
  /** Headers that the status asks for: Allow of a 405, Accept-Encoding of a 415. */
  headers?: Readonly<Record<string, string>>;
  /** Lines of JSON, one for each violation, in pieces: for clients who asked for them. */
  report?: readonly Uint8Array[];
  /** Members that the problem has besides the usual ones, as a predecessor's clients expect them. */
  members?: Readonly<Record<string, unknown>>;
  /** What happened, for the log only: never sent. */
  cause?: unknown;
};

/** The one error that is meant for clients. `message` is sent as `detail`, so it must hold nothing internal. */
export class ServiceError extends Error {
  readonly code: ErrorCode;
  readonly violations: readonly Violation[] | undefined;
  readonly violationCount: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly report: readonly Uint8Array[] | undefined;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, detail: string, options: ServiceErrorOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = 'ServiceError';
    this.code = code;
    this.violations = options.violations;
    this.violationCount = options.violationCount ?? options.violations?.length ?? 0;
    this.headers = options.headers ?? {};
    this.report = options.report;
    this.members = options.members ?? {};
  }
}

/** Whether this is an error of the service with that code. */
export function hasCode(reason: unknown, code: ErrorCode): reason is ServiceError {
  return reason instanceof ServiceError && reason.code === code;
}
