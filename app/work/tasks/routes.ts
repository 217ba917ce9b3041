import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { FORM_TYPE, optionalFormBody } from '../../http/bodies/body.js';
import type { BodyBudget } from '../../http/bodies/body_budget.js';
import type { EventStreams } from '../../http/event_stream.js';
import { readQuery } from '../../http/query/query.js';
import type { Route } from '../../http/route.js';
import { signedInCaller } from '../../users/rights.js';
import { type JobsService, OPERATORS, TASK_USERS } from '../jobs/service.js';
import {
  exampleEntry,
  exampleRow,
  exampleTask,
  statusEntrySchema,
  taskRowSchema,
  taskSchema,
  toStatusEntry,
  toTask,
  toTaskRow,
} from './answers.js';
import { newTaskSchema, readNewTask } from './new_task.js';
import { BEFORE_AND_LIMIT, jsonArrayOf } from './pages.js';
import { eventsRoute } from './routes/events_route.js';
import { resultRoute } from './routes/result_route.js';
import { taskIdOf } from './routes/task_id.js';

const TAG = 'Tasks';
const TASKS = '/api/v1/tasks/';

const common = { slash: 'either', tag: TAG, access: TASK_USERS } as const;

function sendArray(ctx: Context, pieces: AsyncGenerator<string, void>): void {
  ctx.body = Readable.from(pieces, { objectMode: false });
  ctx.type = 'application/json';
}

type TaskRoutesParts = {
  service: JobsService;
  streams: EventStreams;
  bodyBudget?: BodyBudget | undefined;
};

/** Tasks for people: the paths and words of the predecessor. */
export function taskRoutes({ service, streams, bodyBudget }: TaskRoutesParts): Route[] {
  return [
    {
      ...common,
      method: 'post',
      path: '/api/v1/task_create/',
      summary: 'Create a task',
      description:
        'A JSON object or a form, or no body at all: every field may be missing. Scripts that do not come with Svodka need the ' +
        'role operator. Faults are also named by field, as `{"name": ["..."]}`.',
      requestBody: {
        isOptional: true,
        schema: newTaskSchema,
        example: { name: exampleRow.name, script: exampleTask.script, args: exampleTask.args },
        otherTypes: { [FORM_TYPE]: { schema: newTaskSchema } },
      },
      success: { status: 201, description: 'The task is stored.', schema: taskRowSchema, example: exampleRow },
      problems: [413, 415, 429, 503, 507],
      middleware: [optionalFormBody(undefined, bodyBudget)],
      async handle(ctx) {
        const job = await service.create(signedInCaller(ctx), readNewTask(ctx));
        ctx.status = 201;
        ctx.body = toTaskRow(job);
      },
    },
    {
      ...common,
      method: 'get',
      path: TASKS,
      summary: 'Tasks, newest first',
      description: 'Own ones; operators see the tasks of everybody.',
      parameters: BEFORE_AND_LIMIT,
      success: {
        status: 200,
        description: 'Tasks.',
        schema: { type: 'array', items: taskRowSchema },
        example: [exampleRow],
      },
      problems: [503],
      async handle(ctx) {
        const caller = signedInCaller(ctx);
        const read = async (before: number | undefined, limit: number) => {
          const page = { isDescending: true, limit, ...(before !== undefined && { after: before }) };
          return (await service.list(caller, {}, page)).jobs;
        };
        sendArray(ctx, await jsonArrayOf(readQuery(ctx, BEFORE_AND_LIMIT), read, toTaskRow));
      },
    },
    {
      ...common,
      method: 'get',
      path: `${TASKS}{id}`,
      summary: 'One task',
      success: { status: 200, description: 'The task.', schema: taskSchema, example: exampleTask },
      problems: [404, 503],
      async handle(ctx) {
        ctx.body = toTask(await service.whole(await service.get(signedInCaller(ctx), taskIdOf(ctx))));
      },
    },
    {
      ...common,
      method: 'get',
      path: '/api/v1/task_history/{id}',
      summary: 'The statuses that a task had, newest first',
      success: {
        status: 200,
        description: 'The task and its statuses.',
        schema: {
          type: 'object',
          required: ['task', 'status_history'],
          properties: { task: taskRowSchema, status_history: { type: 'array', items: statusEntrySchema } },
        },
        example: { task: exampleRow, status_history: [exampleEntry] },
      },
      problems: [404, 503],
      async handle(ctx) {
        const { job, changes } = await service.history(signedInCaller(ctx), taskIdOf(ctx));
        ctx.body = { task: toTaskRow(job), status_history: changes.map(toStatusEntry).reverse() };
      },
    },
    {
      ...common,
      method: 'post',
      path: `${TASKS}{id}/cancel`,
      summary: 'Cancel a task',
      description: 'A task that is working is told to stop, and becomes `cancelled` when it has ended.',
      success: { status: 200, description: 'The task.', schema: taskSchema, example: exampleTask },
      problems: [404, 409, 503, 507],
      async handle(ctx) {
        ctx.body = toTask(await service.whole(await service.cancel(signedInCaller(ctx), taskIdOf(ctx))));
      },
    },
    {
      ...common,
      access: OPERATORS,
      method: 'get',
      path: '/api/v1/statuses/',
      summary: 'The statuses of all tasks, newest first',
      parameters: BEFORE_AND_LIMIT,
      success: {
        status: 200,
        description: 'Statuses.',
        schema: { type: 'array', items: statusEntrySchema },
        example: [exampleEntry],
      },
      problems: [503],
      async handle(ctx) {
        sendArray(ctx, await jsonArrayOf(readQuery(ctx, BEFORE_AND_LIMIT), service.statuses, toStatusEntry));
      },
    },
    { ...common, ...eventsRoute(service, streams) },
    { ...common, ...resultRoute(service) },
  ];
}
