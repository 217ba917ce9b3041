/**
 * Every error that a client of the API can meet: its code, HTTP status and title. docs/errors.md has a section for
 * each; a test compares the two.
 */
export const ERRORS = {
  INVALID_INPUT: { status: 400, title: 'The input breaks a rule' },
  MALFORMED_JSON: { status: 400, title: 'The body is not JSON' },
  MALFORMED_CSV: { status: 400, title: 'The body is not CSV' },
  INVALID_UTF8: { status: 400, title: 'The input is not UTF-8' },
  INVALID_IDEMPOTENCY_KEY: { status: 400, title: 'The Idempotency-Key is not one' },
  EMPTY_BODY: { status: 400, title: 'The body is empty' },
  MALFORMED_ENCODING: { status: 400, title: 'The body is not encoded as it says' },
  BODY_CUT_OFF: { status: 400, title: 'The body ended early' },
  BAD_REQUEST: { status: 400, title: 'The request is not valid HTTP' },
  LOGIN_REFUSED: { status: 400, title: 'The name or the password is wrong' },
  UNAUTHORIZED: { status: 401, title: 'A valid token is needed' },
  FORBIDDEN: { status: 403, title: 'The token does not give this right' },
  NOT_FOUND: { status: 404, title: 'There is nothing at this path' },
  IMPORT_NOT_FOUND: { status: 404, title: 'There is no such import' },
  CITIZEN_NOT_FOUND: { status: 404, title: 'There is no such citizen in this import' },
  TASK_NOT_FOUND: { status: 404, title: 'There is no such task' },
  USER_NOT_FOUND: { status: 404, title: 'There is no such user' },
  TOKEN_NOT_FOUND: { status: 404, title: 'There is no such token' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This path does not take this method' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request came too slowly' },
  IDEMPOTENCY_KEY_IN_USE: { status: 409, title: 'A request with this Idempotency-Key is still running' },
  CHECK_UNDER_WAY: { status: 409, title: 'A check is under way' },
  WRONG_STATE: { status: 409, title: 'The state of the task forbids this' },
  LAST_ADMIN: { status: 409, title: 'The last administrator cannot go' },
  TOO_MANY_TOKENS: { status: 409, title: 'The user has too many tokens' },
  PASSWORD_CHANGED: { status: 409, title: 'The password was changed meanwhile' },
  PRECONDITION_FAILED: { status: 412, title: 'What is stored is not as the request expects' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is over the limit' },
  COMPRESSED_TOO_FAR: { status: 413, title: 'The body is compressed too far' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'This path does not take this content type' },
  UNSUPPORTED_CONTENT_ENCODING: { status: 415, title: 'This path does not take this content encoding' },
  MISDIRECTED_REQUEST: { status: 421, title: 'The service is not called by this host name' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'This Idempotency-Key came with another request' },
  TOO_MANY_TASKS: { status: 429, title: 'The user has too many open tasks' },
  TOO_MANY_STREAMS_HERE: { status: 429, title: 'Too many streams of events on this connection' },
  TOO_MANY_TRIES: { status: 429, title: 'It was tried too often' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The request headers are over the limit' },
  INTERNAL: { status: 500, title: 'The service made a mistake' },
  METHOD_NOT_IMPLEMENTED: { status: 501, title: 'The service knows no such method' },
  DATABASE_AWAY: { status: 503, title: 'The database is away' },
  DATABASE_OVERLOADED: { status: 503, title: 'The database is overloaded' },
  DATABASE_WRITE_FAILED: { status: 503, title: 'The database could not write to its log' },
  OUTCOME_UNKNOWN: { status: 503, title: 'Whether the change was made is unknown' },
  IMPORT_KEEPS_CHANGING: { status: 503, title: 'The import changed while it was read' },
  VERSION_NOT_REACHED: { status: 503, title: 'The import has not come to this version' },
  STATISTICS_OVERLOADED: { status: 503, title: 'Too many statistics wait to be computed' },
  TOO_MANY_IMPORTS: { status: 503, title: 'Too many imports are in work' },
  TOO_MANY_STREAMS: { status: 503, title: 'Too many streams of events are open' },
  SERVICE_BUSY: { status: 503, title: 'The service has too much to do' },
  DISK_FULL: { status: 507, title: 'The disk of the database is full' },
  OUT_OF_MEMORY: { status: 507, title: 'The database is out of memory' },
} as const;

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
