import { ERRORS, type ErrorCode, ServiceError, type Violation } from '../errors.js';
import type { Frame } from './wire/frames.js';
import { decode, type MsgpackMap, type MsgpackValue } from './wire/msgpack.js';

type Details = MsgpackMap | undefined;

const NOTHING_STORED = 'Nothing was stored.';

/** Codes that come with details, or that are faults of our own. */
const WITH_DETAILS: Readonly<Record<string, (details: Details) => ServiceError>> = {
  RELATIVES_NOT_FOUND: unknownRelatives,
  JOB_NAME_TAKEN: () =>
    new ServiceError('INVALID_INPUT', `The name is taken. ${NOTHING_STORED}`, {
      violations: [{ pointer: '/name', code: 'NAME_TAKEN', detail: 'another task has this name' }],
      members: { name: ['task with this Task name already exists.'] },
    }),
  USERNAME_TAKEN: () =>
    new ServiceError('INVALID_INPUT', `A user with that username already exists. ${NOTHING_STORED}`, {
      violations: [{ pointer: '/username', code: 'NAME_TAKEN', detail: 'is taken' }],
      members: { username: ['A user with that username already exists.'] },
    }),
  TOO_MANY_TRIES: (details) => {
    const seconds = Number(details?.get('retry_after_s') ?? 1);
    return new ServiceError('TOO_MANY_TRIES', `Too many attempts: please wait ${seconds} s.`, {
      headers: { 'Retry-After': String(seconds) },
    });
  },
  IMPORT_INCOMPLETE: () => internal('the number of staged citizens is not the announced one'),
  INTERNAL: (details) => internal(details?.get('message')),
};

function plain(code: ErrorCode, sentences: Readonly<Record<string, string>>) {
  return Object.entries(sentences).map(([lua, detail]) => [lua, () => new ServiceError(code, detail)] as const);
}

/** Maps error codes of tarantool/lib/errors.lua to API errors. This is the only such mapping. */
export const LUA_ERRORS: Readonly<Record<string, (details: Details) => ServiceError>> = {
  ...Object.fromEntries(
    Object.entries(ERRORS).flatMap(([code, kind]) => ('lua' in kind ? plain(code as ErrorCode, kind.lua) : [])),
  ),
  ...WITH_DETAILS,
};

function internal(cause: unknown): ServiceError {
  return new ServiceError('INTERNAL', 'The database reported an internal error; see the log.', { cause });
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

/** Converts the two fields of a failed envelope into the error to throw. */
export function fromLua(code: MsgpackValue | undefined, details: MsgpackValue | undefined): ServiceError {
  // Own properties only: every object inherits `constructor`.
  const make = typeof code === 'string' && Object.hasOwn(LUA_ERRORS, code) ? LUA_ERRORS[code] : undefined;
  if (make === undefined) return internal(`unknown code ${String(code)}`);
  return make(details instanceof Map ? details : undefined);
}

const KEY_ERROR_TEXT = 0x31;
const ERROR_FLAG = 0x8000;
const MEMORY_ISSUE = 2;

/** Converts an error reply of Tarantool itself: access denied, no such procedure, out of memory for the request. */
export function fromBox({ code, body }: Frame): ServiceError {
  const boxCode = code & ~ERROR_FLAG;
  if (boxCode === MEMORY_ISSUE) return fromLua('OUT_OF_MEMORY', undefined);
  const { value } = decode(body);
  const text = value instanceof Map ? value.get(KEY_ERROR_TEXT) : undefined;
  return internal(`box error ${boxCode}: ${String(text)}`);
}

const LOST_CALL_CODES: Record<string, ErrorCode> = { read: 'DATABASE_AWAY', write: 'OUTCOME_UNKNOWN' };

/** The error of a call that was sent and will not be answered. `why` is a clause: "the connection was lost". */
export function lostCall(kind: 'read' | 'write', why: string): ServiceError {
  const code = LOST_CALL_CODES[kind] as ErrorCode;
  const consequence =
    kind === 'read' ? 'Please try again.' : 'The change may or may not have been made: check before you repeat it.';
  return new ServiceError(code, `Before the database answered, ${why}. ${consequence}`);
}

/** The error of a call that was never sent. */
export function notSent(code: 'DATABASE_AWAY' | 'DATABASE_OVERLOADED', why: string): ServiceError {
  return new ServiceError(code, `${why} ${NOTHING_STORED}`);
}
