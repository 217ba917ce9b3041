import { type ErrorCode, ServiceError, type Violation } from '../errors.js';
import type { Frame } from './wire/frames.js';
import { decode, type MsgpackMap, type MsgpackValue } from './wire/msgpack.js';

type Details = MsgpackMap | undefined;

const NOTHING_STORED = 'Nothing was stored.';

/** Codes of tarantool/lib/errors.lua -> errors of the API. The only place where one becomes the other. */
export const LUA_ERRORS: Readonly<Record<string, (details: Details) => ServiceError>> = {
  IMPORT_NOT_FOUND: () => new ServiceError('IMPORT_NOT_FOUND', 'No import has this id.'),
  CITIZEN_NOT_FOUND: () => new ServiceError('CITIZEN_NOT_FOUND', 'No citizen has this id in this import.'),
  IMPORT_CHANGED: () =>
    new ServiceError('IMPORT_KEEPS_CHANGING', 'The import changed while it was read; please try again.'),
  PRECONDITION_FAILED: () =>
    new ServiceError(
      'PRECONDITION_FAILED',
      'No ETag in If-Match is that of the import or the citizen as it is. Nothing was changed.',
    ),
  RELATIVES_NOT_FOUND: unknownRelatives,
  JOB_NOT_FOUND: () => new ServiceError('TASK_NOT_FOUND', 'No task has this id.'),
  JOB_NAME_TAKEN: () =>
    new ServiceError('INVALID_INPUT', `The name is taken. ${NOTHING_STORED}`, {
      violations: [{ pointer: '/name', code: 'NAME_TAKEN', detail: 'another task has this name' }],
    }),
  JOB_ENDED: () => new ServiceError('WRONG_STATE', 'The task has ended already.'),
  JOB_OPEN: () => new ServiceError('WRONG_STATE', 'The task has not ended yet.'),
  JOB_KEY_IN_USE: () => new ServiceError('WRONG_STATE', 'Another open task of the user has the key of this one.'),
  TOO_MANY_JOBS: () =>
    new ServiceError('TOO_MANY_TASKS', `The user has as many open tasks as are allowed. ${NOTHING_STORED}`),
  LEASE_LOST: () => new ServiceError('WRONG_STATE', `The lease of the task is over. ${NOTHING_STORED}`),
  USERNAME_TAKEN: () =>
    new ServiceError('INVALID_INPUT', `A user with that username already exists. ${NOTHING_STORED}`, {
      violations: [{ pointer: '/username', code: 'NAME_TAKEN', detail: 'is taken' }],
      members: { username: ['A user with that username already exists.'] },
    }),
  USER_NOT_FOUND: () => new ServiceError('USER_NOT_FOUND', 'No user has this name, or it is disabled.'),
  LAST_ADMIN: () => new ServiceError('LAST_ADMIN', 'This is the last enabled administrator. Nothing was changed.'),
  TOKEN_NOT_FOUND: () => new ServiceError('TOKEN_NOT_FOUND', 'You have no token of this id.'),
  TOO_MANY_TOKENS: () =>
    new ServiceError('TOO_MANY_TOKENS', `You have as many named tokens as are allowed. ${NOTHING_STORED}`),
  PASSWORD_CHANGED: () =>
    new ServiceError('PASSWORD_CHANGED', 'The password was changed meanwhile. Nothing was changed.'),
  TOO_MANY_TRIES: (details) => {
    const seconds = Number(details?.get('retry_after_s') ?? 1);
    return new ServiceError('TOO_MANY_TRIES', `Too many tries: please wait ${seconds} s.`, {
      headers: { 'Retry-After': String(seconds) },
    });
  },
  TUPLE_TOO_LARGE: () =>
    new ServiceError('INVALID_INPUT', `A citizen has more relatives than a record can hold. ${NOTHING_STORED}`),
  OUT_OF_MEMORY: () => new ServiceError('OUT_OF_MEMORY', `The database has no memory left for this. ${NOTHING_STORED}`),
  WAL_FAILED: () =>
    new ServiceError('DATABASE_WRITE_FAILED', `The database cannot write to its log. ${NOTHING_STORED}`),
  DISK_FULL: () => new ServiceError('DISK_FULL', `The database has no room on its disk for this. ${NOTHING_STORED}`),
  IMPORT_NOT_STAGED: () => new ServiceError('DATABASE_AWAY', `The import was interrupted. ${NOTHING_STORED}`),
  KEY_IN_USE: () =>
    new ServiceError(
      'IDEMPOTENCY_KEY_IN_USE',
      'A request with this Idempotency-Key is still running. Nothing was stored by this one.',
    ),
  RECOUNT_RUNNING: () =>
    new ServiceError('CHECK_UNDER_WAY', 'An import is being checked already, and one is at a time: please try again.'),
  KEY_NOT_CLAIMED: () => new ServiceError('DATABASE_AWAY', `The import was interrupted. ${NOTHING_STORED}`),
  READ_ONLY: () =>
    new ServiceError('DATABASE_AWAY', `The database takes no changes now; another one takes over. ${NOTHING_STORED}`),
  IMPORT_INCOMPLETE: () => internal('staged citizens do not add up'),
  INTERNAL: (details) => internal(details?.get('message')),
};

function internal(cause: unknown): ServiceError {
  return new ServiceError('INTERNAL', 'Something went wrong in the database; the log has more.', { cause });
}

function unknownRelatives(details: Details): ServiceError {
  const positions = (details?.get('positions') ?? []) as number[];
  const violations: Violation[] = positions.map((position) => ({
    pointer: `/relatives/${position}`,
    code: 'UNKNOWN_RELATIVE',
    detail: 'no citizen of this import has this id',
  }));
  const violationCount = Number(details?.get('count') ?? violations.length);
  return new ServiceError('INVALID_INPUT', 'Some relatives are not citizens of this import. Nothing was changed.', {
    violations,
    violationCount,
  });
}

/** The two fields of a failed envelope -> the error to throw. */
export function fromLua(code: MsgpackValue | undefined, details: MsgpackValue | undefined): ServiceError {
  // Its own codes only: every object has a `constructor` too.
  const make = typeof code === 'string' && Object.hasOwn(LUA_ERRORS, code) ? LUA_ERRORS[code] : undefined;
  if (make === undefined) return internal(`unknown code ${String(code)}`);
  return make(details instanceof Map ? details : undefined);
}

const KEY_ERROR_TEXT = 0x31;
const ERROR_FLAG = 0x8000;
const MEMORY_ISSUE = 2;

/** A reply that is an error of the box itself: no right, no such procedure, no memory for the request. */
export function fromBox({ code, body }: Frame): ServiceError {
  const boxCode = code & ~ERROR_FLAG;
  if (boxCode === MEMORY_ISSUE) return fromLua('OUT_OF_MEMORY', undefined);
  const { value } = decode(body);
  const text = value instanceof Map ? value.get(KEY_ERROR_TEXT) : undefined;
  return internal(`box error ${boxCode}: ${String(text)}`);
}

const away: Record<string, ErrorCode> = { read: 'DATABASE_AWAY', write: 'OUTCOME_UNKNOWN' };

/** A call was sent and will have no answer: `why` is a part sentence, "the connection was lost". */
export function lostCall(kind: 'read' | 'write', why: string): ServiceError {
  const code = away[kind] as ErrorCode;
  const consequence =
    kind === 'read' ? 'Please try again.' : 'The change may or may not have been made: look before you repeat it.';
  return new ServiceError(code, `Before the database answered, ${why}. ${consequence}`);
}

/** A call was never sent. */
export function notSent(code: 'DATABASE_AWAY' | 'DATABASE_OVERLOADED', why: string): ServiceError {
  return new ServiceError(code, `${why} ${NOTHING_STORED}`);
}
