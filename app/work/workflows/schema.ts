import type { JsonSchema } from '../../http/docs/json_schema.js';
import type { DocumentUse } from './model/document_faults.js';
import { TASK_STATUSES, WORKFLOW_STATUSES } from './model/statuses.js';

export const MAX_NAME_CHARACTERS = 128;
const MAX_FUNCTION_CHARACTERS = 255;
const MAX_PARAMS = 1_000;
const MAX_TRIES = 1_000_000;
const MAX_GRACE_S = 86_400;
/** 31 years. */
const MAX_SECONDS = 1_000_000_000;

/** What a task has when its document says nothing of it. */
export const DEFAULT_TASK = { params: [], env: {}, tries: 2, graceS: 6 } as const;

export const nameSchema: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: MAX_NAME_CHARACTERS,
  pattern: '^[^/\\u0000-\\u001f\\u007f-\\u009f]*$',
  'x-pattern-words': 'must have no slash and no control characters',
  'x-well-formed': true,
};

const argumentText: JsonSchema = {
  type: 'string',
  pattern: '^[^\\u0000]*$',
  'x-pattern-words': 'must have no NUL, which no argument can hold',
  'x-well-formed': true,
};

const label: JsonSchema = {
  type: ['integer', 'string', 'null'],
  description: 'A label: kept and given back, unique nowhere.',
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
  maxLength: MAX_NAME_CHARACTERS,
  'x-well-formed': true,
};

const taskProperties = {
  id: label,
  name: nameSchema,
  place: {
    type: 'integer',
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'From 1; absent, or past the end: behind the last.',
  },
  exec: { enum: ['await', 'parallel'] },
  function: {
    ...argumentText,
    minLength: 1,
    maxLength: MAX_FUNCTION_CHARACTERS,
    description: 'A file in the folder of executables (SVODKA_WORKFLOW_BIN).',
  },
  params: {
    type: 'array',
    maxItems: MAX_PARAMS,
    items: { ...argumentText, type: ['string', 'number'] },
    description: 'The arguments. Numbers become strings.',
  },
  tries: { type: 'integer', minimum: 1, maximum: MAX_TRIES, description: 'How often it is started; 2 when absent.' },
  timeout_s: { type: ['number', 'null'], minimum: 0.001, maximum: MAX_SECONDS },
  env: { type: 'object', additionalProperties: argumentText },
  grace_s: {
    type: 'number',
    minimum: 0,
    maximum: MAX_GRACE_S,
    description: 'Between SIGINT and SIGTERM; 6 when absent.',
  },
};

/** Only names matter, but a document that create would take is taken. */
const anyTask = Object.fromEntries(Object.keys(taskProperties).map((name) => [name, {}]));

function taskSchema(use: DocumentUse): JsonSchema {
  const isDelete = use === 'delete';
  return {
    type: 'object',
    required: isDelete ? ['name'] : ['name', 'exec', 'function'],
    properties: isDelete ? { ...anyTask, name: nameSchema } : taskProperties,
    additionalProperties: false,
  };
}

/** The tree of the specification, as one of the methods takes it. */
export function contextSchema(use: DocumentUse): JsonSchema {
  return {
    type: 'object',
    required: ['project'],
    additionalProperties: false,
    properties: {
      project: {
        type: 'object',
        required: use === 'update' ? ['name', 'workflows'] : ['name'],
        additionalProperties: false,
        properties: {
          id: label,
          name: nameSchema,
          workflows: {
            type: 'array',
            items: {
              type: 'object',
              required: use === 'update' ? ['name', 'tasks'] : ['name'],
              additionalProperties: false,
              properties: { id: label, name: nameSchema, tasks: { type: 'array', items: taskSchema(use) } },
            },
          },
        },
      },
    },
  };
}

const seconds = { type: ['number', 'null'], description: 'Seconds since 1970.' };
const text = { type: 'string' };
const textOrNull = { type: ['string', 'null'] };
const integer = { type: 'integer' };
const integerOrNull = { type: ['integer', 'null'] };

function objectOf(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: 'object', properties };
}

function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

const causeSchema: JsonSchema = {
  type: ['object', 'null'],
  properties: { kind: text, code: integer, signal: text },
};

export const taskRowSchema: JsonSchema = objectOf({
  name: text,
  place: integer,
  exec: taskProperties.exec,
  function: text,
  status: { enum: TASK_STATUSES },
  label: { ...text, description: 'As people see it: `error(3)`, `terminated(-15)`, `immortal(4711)`.' },
  code: integerOrNull,
  pid: integerOrNull,
  attempt: integer,
  started: seconds,
  ended: seconds,
  cause: causeSchema,
});

export const statusSchema: JsonSchema = objectOf({
  project: text,
  workflow: text,
  status: { enum: WORKFLOW_STATUSES },
  run_id: integerOrNull,
  started: seconds,
  ended: seconds,
  tasks: listOf(taskRowSchema),
});

export const runAnswerSchema: JsonSchema = objectOf({ run_id: integer, status: text });

/** `member`: created, deleted, updated. */
export function changedSchema(member: string): JsonSchema {
  return objectOf({
    project: text,
    [member]: objectOf({ workflows: listOf(text), tasks: listOf({ ...text, description: '`workflow/task`' }) }),
    dry_run: { type: 'boolean', description: 'Only there, and true, when nothing was changed.' },
  });
}

export const listSchema: JsonSchema = listOf(
  objectOf({
    project: text,
    workflows: listOf(
      objectOf({
        name: text,
        status: { enum: WORKFLOW_STATUSES },
        tasks: integer,
        last_run: {
          type: ['object', 'null'],
          properties: { run_id: integer, status: text, started: seconds, ended: seconds },
        },
      }),
    ),
  }),
);

export const historySchema: JsonSchema = listOf(
  objectOf({
    run_id: integerOrNull,
    task: { ...textOrNull, description: 'null: the run itself.' },
    status: text,
    label: text,
    at: { type: 'number' },
    by: text,
    why: textOrNull,
  }),
);

export const logSchema: JsonSchema = objectOf({
  text,
  from: integer,
  next: integer,
  ended: { type: 'boolean' },
});

export const whySchema: JsonSchema = objectOf({
  project: text,
  workflow: text,
  status: { enum: WORKFLOW_STATUSES },
  run_id: integerOrNull,
  why: { ...text, description: 'A sentence or two.' },
  task: { ...textOrNull, description: 'The task that it is about.' },
  log: { ...listOf(text), description: 'The last lines that this task printed.' },
});

export const etaSchema: JsonSchema = objectOf({
  project: text,
  workflow: text,
  status: { enum: WORKFLOW_STATUSES },
  run_id: integerOrNull,
  runs: { ...integer, description: 'Earlier runs that succeeded.' },
  elapsed_s: { ...seconds, description: 'Since the begin; null when it is not running.' },
  left_s: {
    type: ['object', 'null'],
    description: 'Of the run that goes on, or of a whole run when none does; null when no earlier run succeeded.',
    properties: { median: { type: 'number' }, p90: { type: 'number' } },
  },
  text: { ...text, description: 'The same in words.' },
});
