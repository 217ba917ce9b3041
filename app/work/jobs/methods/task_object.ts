import type { JsonSchema } from '../../../http/docs/json_schema.js';
import type { Job, StatusChange } from '../job.js';
import { STATUSES } from '../model/transitions.js';
import type { WholeJob } from '../service.js';

/** Of a task as JSON-RPC shows it, in this order. Times in seconds since 1970. */
export function taskObject(job: WholeJob) {
  return {
    task_id: job.taskId,
    id: job.id,
    status: job.status,
    script: job.script,
    type: job.type,
    args: JSON.parse(job.args) as unknown,
    meta: job.meta,
    name: job.name,
    user: job.user,
    priority: job.priority,
    attempt: job.attempt,
    max_attempts: job.maxAttempts,
    progress: job.progress,
    result: job.result === null ? null : (JSON.parse(job.result) as unknown),
    errortext: job.errortext,
    cause: job.cause,
    locked_by: job.lockedBy,
    created: job.created,
    updated: job.updated,
    started: job.started,
    ended: job.ended,
  };
}

/** The same for a list, from the row alone. `omitted` names members that are too long for the row, and null here. */
export function listedTask(job: Job) {
  const omitted = [...(job.args === undefined ? ['args'] : []), ...(job.result === undefined ? ['result'] : [])];
  const task = taskObject({ ...job, args: job.args ?? 'null', result: job.result ?? null });
  return omitted.length === 0 ? task : { ...task, omitted };
}

export function historyEntry({ status, at, attempt, cause, by }: StatusChange) {
  return { status, at, attempt, cause, by };
}

const causeSchema: JsonSchema = {
  type: ['object', 'null'],
  required: ['kind'],
  properties: {
    kind: { enum: ['error', 'exit', 'signal', 'timeout', 'memory', 'lost', 'start'] },
    code: { type: 'integer' },
    signal: { type: 'string' },
  },
};

const seconds = { type: 'number', description: 'Seconds since 1970.' };
const secondsOrNull = { ...seconds, type: ['number', 'null'] };

export const taskSchema: JsonSchema = {
  type: 'object',
  properties: {
    task_id: { type: 'string', format: 'uuid' },
    id: { type: 'integer', minimum: 1 },
    status: { enum: STATUSES },
    script: { type: 'string' },
    type: { enum: ['script', 'run'] },
    args: { type: ['object', 'array', 'null'] },
    meta: { type: 'object' },
    name: { type: 'string' },
    user: { type: 'string' },
    priority: { type: 'integer' },
    attempt: { type: 'integer' },
    max_attempts: { type: 'integer' },
    progress: {
      type: ['object', 'null'],
      properties: { fraction: { type: 'number' }, text: { type: 'string' } },
    },
    result: {},
    errortext: { type: ['string', 'null'] },
    cause: causeSchema,
    locked_by: { type: ['string', 'null'] },
    created: seconds,
    updated: seconds,
    started: secondsOrNull,
    ended: secondsOrNull,
  },
};

export const listedTaskSchema: JsonSchema = {
  ...taskSchema,
  properties: {
    ...(taskSchema['properties'] as object),
    omitted: {
      type: 'array',
      items: { enum: ['args', 'result'] },
      description: 'Members of more than 2,048 bytes: null in lists, whole in engine.status.',
    },
  },
};

export const scriptsSchema: JsonSchema = {
  type: 'object',
  properties: {
    items: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          module: { type: 'string' },
          functions: { type: ['array', 'null'], items: { type: 'string' } },
          bundled: { type: 'boolean', description: 'It comes with Svodka: every user may run it.' },
        },
      },
    },
    complete: { type: 'boolean' },
  },
};

export const historySchema: JsonSchema = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      status: { enum: STATUSES },
      at: seconds,
      attempt: { type: 'integer' },
      cause: causeSchema,
      by: { type: 'string' },
    },
  },
};
