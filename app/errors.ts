import { GROUND_ERRORS } from './errors/ground_errors.js';
import { ROOM_ERRORS } from './errors/room_errors.js';

/**
 * Every error that a client of the API can meet. docs/errors.md has a section for each, and the page a Russian title; tests
 * compare them.
 */
export const ERRORS = { ...GROUND_ERRORS, ...ROOM_ERRORS } as const;

export type ErrorCode = keyof typeof ERRORS;

/**
 * A broken rule. `pointer` is a JSON Pointer into the request; `peer` points to the other record that the rule
 * concerns, if any. `line` (from 1, only in line-oriented formats) and `byteOffset` (from 0) give the start of the
 * record.
 */
export type Violation = {
  pointer: string;
  code: string;
  detail: string;
  peer?: string;
  line?: number;
  byteOffset?: number;
};

/** Maximum number of violations listed in one response; the count is always exact (docs/errors.md). */
export const MAX_VIOLATIONS = 100;

type ServiceErrorOptions = {
  violations?: readonly Violation[];
  /** Exact number of violations; `violations` holds the first of them. */
  violationCount?: number;
  /** Headers that go with the status: Allow of a 405, Accept-Encoding of a 415. */
  headers?: Readonly<Record<string, string>>;
  /** The violations as newline-delimited JSON, in chunks, for clients that accept it. */
  report?: readonly Uint8Array[];
  /** Additional members of the problem, in the form that clients of a predecessor expect. */
  members?: Readonly<Record<string, unknown>>;
  /** The underlying error. Logged, never sent. */
  cause?: unknown;
};

/** The only error whose text is shown to clients. `message` is sent as `detail`, so it must not reveal internals. */
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

/** Whether `reason` is a ServiceError with this code. */
export function hasCode(reason: unknown, code: ErrorCode): reason is ServiceError {
  return reason instanceof ServiceError && reason.code === code;
}
