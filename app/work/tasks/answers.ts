import { toTimestamp } from '../../calendar.js';
import type { JsonSchema } from '../../http/docs/json_schema.js';
import type { Job, StatusChange, WholeJob } from '../jobs/service.js';
import { TASK_STATUSES, taskStatus } from './model/task_statuses.js';

/** A task in lists, and as it was created. */
export function toTaskRow({ id, name, created, user, status }: Job) {
  return { id, name, created_at: toTimestamp(created), user, status: taskStatus(status) };
}

export function toTask(job: WholeJob) {
  const { script, args, progress, result, errortext, attempt } = job;
  return {
    ...toTaskRow(job),
    script,
    args: JSON.parse(args) as unknown,
    progress,
    result: result === null ? null : (JSON.parse(result) as unknown),
    errortext,
    attempt,
  };
}

/** The same for events, from the row alone: arguments and results of more than 2,048 bytes are null. */
export function toWatchedTask(job: Job) {
  return toTask({ ...job, args: job.args ?? 'null', result: job.result ?? null });
}

export function toStatusEntry({ id, jobId, status, at }: StatusChange) {
  return { id, name: taskStatus(status), created_at: toTimestamp(at), task: jobId };
}

const id = { type: 'integer', minimum: 1 };
const time = { type: 'string', format: 'date-time' };
const status = { type: 'string', enum: TASK_STATUSES };

const rowProperties = { id, name: { type: 'string' }, created_at: time, user: { type: 'string' }, status };

export const taskRowSchema: JsonSchema = {
  type: 'object',
  required: Object.keys(rowProperties),
  properties: rowProperties,
};

export const taskSchema: JsonSchema = {
  type: 'object',
  required: [...Object.keys(rowProperties), 'script', 'args', 'progress', 'result', 'errortext', 'attempt'],
  properties: {
    ...rowProperties,
    script: { type: 'string' },
    args: { type: ['object', 'array', 'null'] },
    progress: {
      type: ['object', 'null'],
      required: ['fraction', 'text'],
      properties: { fraction: { type: 'number' }, text: { type: 'string' } },
    },
    result: {},
    errortext: { type: ['string', 'null'] },
    attempt: { type: 'integer' },
  },
};

export const statusEntrySchema: JsonSchema = {
  type: 'object',
  required: ['id', 'name', 'created_at', 'task'],
  properties: { id, name: status, created_at: time, task: id },
};

export const exampleRow = {
  id: 29,
  name: 'The cover of the report',
  created_at: '2026-11-27T20:30:11.123456Z',
  user: 'gomer',
  status: 'create',
};

export const exampleTask = {
  ...exampleRow,
  status: 'rendering',
  script: 'render.scene',
  args: { width: 640, height: 360 },
  progress: { fraction: 0.25, text: 'row 90 of 360' },
  result: null,
  errortext: null,
  attempt: 1,
};

export const exampleEntry = { id: 58, name: 'rendering', created_at: '2026-11-27T20:30:11.129381Z', task: 29 };
