import { ERRORS, type ErrorCode, ServiceError, type Violation } from '../errors.js';
import type { Frame } from './wire/frames.js';
import { decode, type MsgpackMap, type MsgpackValue } from './wire/msgpack.js';

type Details = MsgpackMap | undefined;

const NOTHING_STORED = 'Nothing was stored.';
const NOTHING_CHANGED = 'Nothing was changed.';

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
  WORKFLOW_NOT_FOUND: unknownName,
  WORKFLOW_AMBIGUOUS: (details) => {
    const projects = (details?.get('projects') ?? []) as string[];
    const detail = `several projects have a workflow of this name: ${projects.join(', ')}`;
    return new ServiceError('INVALID_INPUT', `Several projects have a workflow of this name. ${NOTHING_CHANGED}`, {
      violations: [{ pointer: '/project', code: 'REQUIRED', detail }],
    });
  },
  WORKFLOW_FAULTS: documentFaults,
  TOO_MANY_TRIES: (details) => {
    const seconds = Number(details?.get('retry_after_s') ?? 1);
    return new ServiceError('TOO_MANY_TRIES', `Too many attempts: please wait ${seconds} s.`, {
      headers: { 'Retry-After': String(seconds) },
    });
  },
  OUTCOME_UNKNOWN: () => lostCall('write', 'its connection to another part of it was lost'),
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

function unknownName(details: Details): ServiceError {
  const what = String(details?.get('what') ?? 'workflow');
  return new ServiceError('WORKFLOW_NOT_FOUND', `No ${what} has this name. ${NOTHING_CHANGED}`, {
    violations: [{ pointer: `/${what}`, code: 'UNKNOWN_NAME', detail: `no ${what} has this name` }],
  });
}

/** What is said of the kinds of tarantool/work/workflows/tree.lua. */
const DOCUMENT_FAULTS: Readonly<Record<string, Omit<Violation, 'pointer'> & { isMissing?: true }>> = {
  running: { code: 'RUNNING', detail: 'is running; stop it first' },
  taken: { code: 'NAME_TAKEN', detail: 'the workflow has a task of this name already' },
  no_project: { code: 'UNKNOWN_NAME', detail: 'no project has this name', isMissing: true },
  no_workflow: { code: 'UNKNOWN_NAME', detail: 'the project has no workflow of this name', isMissing: true },
  no_task: { code: 'UNKNOWN_NAME', detail: 'the workflow has no task of this name', isMissing: true },
};

/** `faults`: kind, index of the workflow, index of the task, the last two may be null. */
function documentFaults(details: Details): ServiceError {
  const faults = (details?.get('faults') ?? []) as [kind: string, workflow: number | null, task: number | null][];
  let isMissing = false;
  const violations = faults.map(([kind, workflow, task]): Violation => {
    const { isMissing: isMissingHere, ...words } = DOCUMENT_FAULTS[kind] ?? { code: 'UNKNOWN_NAME', detail: kind };
    isMissing ||= isMissingHere ?? false;
    const workflowPart = workflow === null ? '' : `/workflows/${workflow}`;
    const taskPart = task === null ? '' : `/tasks/${task}`;
    return { pointer: `/context/project${workflowPart}${taskPart}/name`, ...words };
  });
  const count = violations.length === 1 ? '1 name' : `${violations.length} names`;
  return isMissing
    ? new ServiceError('WORKFLOW_NOT_FOUND', `The document has ${count} that cannot be used. ${NOTHING_CHANGED}`, {
        violations,
      })
    : new ServiceError('WORKFLOW_STATE', `The document has ${count} that cannot be used now. ${NOTHING_CHANGED}`, {
        violations,
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
