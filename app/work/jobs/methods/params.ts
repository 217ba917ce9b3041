import type { RpcValue } from '../../../rpc/method.js';
import { MAX_NAME_CHARACTERS } from '../creating/task_name.js';
import { STATUSES } from '../model/transitions.js';
import { DEFAULT_TASK } from '../service.js';

const MAX_SCRIPT_CHARACTERS = 512;
const MAX_KEY_CHARACTERS = 256;
const MAX_USER_CHARACTERS = 150;
const MAX_LISTED = 1_000;
const MAX_WAIT_S = 60;
const MAX_LOG_BYTES = 1024 * 1024;
/** 31 years. */
const MAX_SECONDS = 1_000_000_000;
const MAX_MEMORY_MB = 1_048_576;

const UUID = '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$';

export const TASK_ID: RpcValue = {
  name: 'task_id',
  summary: 'The uuid, or the id.',
  required: true,
  schema: {
    type: ['string', 'integer'],
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    pattern: UUID,
    'x-pattern-words': 'must be a uuid, or an id as a number',
  },
};

const meta: RpcValue = {
  name: 'meta',
  summary: 'Members of any kind that go with the task; the engine does not look at them.',
  schema: { type: 'object', default: {} },
};

function text(name: string, maxLength: number, summary?: string): RpcValue {
  return {
    name,
    ...(summary !== undefined && { summary }),
    schema: { type: 'string', minLength: 1, maxLength, 'x-well-formed': true },
  };
}

export const CREATE_PARAMS: readonly RpcValue[] = [
  {
    name: 'script',
    summary: 'Parts with dots between, the last one the function: `folder.file.function`.',
    required: true,
    schema: { type: 'string', minLength: 1, maxLength: MAX_SCRIPT_CHARACTERS },
  },
  {
    name: 'args',
    summary:
      'An object is passed as one object (JavaScript) or as keyword arguments (Python); a list as positional arguments.',
    schema: { type: ['object', 'array'], default: DEFAULT_TASK.args },
  },
  meta,
  text('name', MAX_NAME_CHARACTERS, 'Unique among all tasks. When absent, made of the user and the time.'),
  { name: 'type', schema: { enum: ['script'], default: DEFAULT_TASK.type } },
  {
    name: 'priority',
    summary: 'Higher ones start first.',
    schema: { type: 'integer', minimum: -100, maximum: 100, default: DEFAULT_TASK.priority },
  },
  { name: 'max_attempts', schema: { type: 'integer', minimum: 1, maximum: 100, default: DEFAULT_TASK.maxAttempts } },
  {
    name: 'backoff_s',
    summary: 'The wait after the first failed attempt in seconds, doubled after each; 3,600 at most.',
    schema: { type: 'number', minimum: 0, maximum: MAX_SECONDS, default: DEFAULT_TASK.backoffS },
  },
  {
    name: 'timeout_s',
    summary: 'Of one attempt.',
    schema: { type: 'number', minimum: 0.001, maximum: MAX_SECONDS, default: DEFAULT_TASK.timeoutS },
  },
  {
    name: 'memory_mb',
    summary: 'Of all processes of an attempt together.',
    schema: { type: 'number', minimum: 1, maximum: MAX_MEMORY_MB, default: DEFAULT_TASK.memoryMb },
  },
  {
    name: 'run_at',
    summary: 'Seconds since 1970: the task does not start before.',
    schema: { type: 'number', minimum: 0, maximum: 100 * MAX_SECONDS },
  },
  text(
    'key',
    MAX_KEY_CHARACTERS,
    'While an open task of the user has the same key, that task is the result, and none is stored.',
  ),
];

function waitS(summary: string): RpcValue {
  return { name: 'wait_s', summary, schema: { type: 'number', minimum: 0, maximum: MAX_WAIT_S, default: 0 } };
}

export const RESULT_PARAMS: readonly RpcValue[] = [TASK_ID, waitS('How long to wait for the end of the task.')];

export const LIST_PARAMS: readonly RpcValue[] = [
  { name: 'type', schema: { enum: ['script', 'run'] } },
  { name: 'status', schema: { enum: STATUSES } },
  text('user', MAX_USER_CHARACTERS),
  { name: 'meta', summary: 'Members that must be equal, as JSON.', schema: { type: 'object', default: {} } },
  { name: 'offset', schema: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 } },
  { name: 'limit', schema: { type: 'integer', minimum: 1, maximum: MAX_LISTED, default: 50 } },
  { name: 'order', schema: { enum: ['created', '-created'], default: '-created' } },
];

export const LOG_PARAMS: readonly RpcValue[] = [
  TASK_ID,
  {
    name: 'from',
    summary: 'In bytes; what is not kept any more is skipped.',
    schema: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
  },
  {
    name: 'limit',
    summary: 'About how many bytes; characters are whole.',
    schema: { type: 'integer', minimum: 1, maximum: MAX_LOG_BYTES, default: 65_536 },
  },
  waitS('How long to wait for text after `from`, or for the end of the task.'),
];
