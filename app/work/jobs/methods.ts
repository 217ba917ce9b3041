import type { Method } from '../../rpc/method.js';
import type { Caller } from '../../users/repository.js';
import { CREATE_PARAMS, LIST_PARAMS, LOG_PARAMS, RESULT_PARAMS, TASK_ID } from './methods/params.js';
import {
  historyEntry,
  historySchema,
  listedTask,
  listedTaskSchema,
  scriptsSchema,
  taskObject,
  taskSchema,
} from './methods/task_object.js';
import type { Status } from './model/transitions.js';
import type { JobRef, JobType } from './repository.js';
import { TASK_USERS } from './rights.js';
import type { Job, JobsFilter, JobsService, TaskRequest } from './service.js';

type Params = Record<string, unknown>;

const task = { name: 'task', schema: taskSchema };

function refFrom({ task_id: ref }: Params): JobRef {
  return typeof ref === 'string' ? ref.toLowerCase() : (ref as number);
}

function requestFrom(params: Params): TaskRequest {
  return {
    script: params['script'] as string,
    args: params['args'] as object,
    meta: params['meta'] as Params,
    name: params['name'] as string | undefined,
    type: params['type'] as JobType,
    priority: params['priority'] as number,
    maxAttempts: params['max_attempts'] as number,
    backoffS: params['backoff_s'] as number,
    timeoutS: params['timeout_s'] as number,
    memoryMb: params['memory_mb'] as number,
    runAt: params['run_at'] as number | undefined,
    key: params['key'] as string | undefined,
  };
}

function filterFrom({ type, status, user, meta }: Params): JobsFilter {
  return {
    ...(type !== undefined && { type: type as JobType }),
    ...(status !== undefined && { status: status as Status }),
    ...(user !== undefined && { user: user as string }),
    meta: meta as Params,
  };
}

/** The engine for programs: the methods `engine.*`. */
export function jobMethods(service: JobsService): Method<Caller>[] {
  const whole = async (job: Job) => taskObject(await service.whole(job));

  const methods: Omit<Method<Caller>, 'access' | 'tag'>[] = [
    {
      name: 'engine.create',
      summary: 'Create a task',
      description: 'Scripts that do not come with Svodka need the role operator.',
      params: CREATE_PARAMS,
      result: task,
      errors: ['FORBIDDEN', 'TOO_MANY_TASKS'],
      isPipelined: true,
      handle: async (params, call) => whole(await service.create(call.caller, requestFrom(params), call)),
    },
    {
      name: 'engine.scripts',
      summary: 'The scripts that the caller may run',
      description:
        'By file: `functions` are what it exports by name, null where only running it would tell. A script is the module, a dot and a ' +
        'function. `complete`: no file was left out, since there are too many.',
      params: [],
      result: { name: 'scripts', schema: scriptsSchema },
      async handle(_params, { caller }) {
        const { modules, isComplete } = await service.scripts(caller);
        const items = modules.map(({ module, functions = null, isBundled }) => {
          return { module, functions, bundled: isBundled };
        });
        return { items, complete: isComplete };
      },
    },
    {
      name: 'engine.status',
      summary: 'A task as it is',
      params: [TASK_ID],
      result: task,
      errors: ['TASK_NOT_FOUND'],
      handle: async (params, { caller }) => whole(await service.get(caller, refFrom(params))),
    },
    {
      name: 'engine.result',
      summary: 'A task once it has ended',
      description: 'The answer comes when the task has ended or the wait is over: `status` says which.',
      params: RESULT_PARAMS,
      result: task,
      errors: ['TASK_NOT_FOUND'],
      async handle(params, { caller, over }) {
        const waitMs = (params['wait_s'] as number) * 1_000;
        return whole(await service.getEnded(caller, refFrom(params), waitMs, over));
      },
    },
    {
      name: 'engine.list',
      summary: 'Tasks that fit a filter',
      description: 'Own ones; operators see the tasks of everybody. `total` counts what the filters leave.',
      params: LIST_PARAMS,
      result: {
        name: 'page',
        schema: {
          type: 'object',
          properties: { items: { type: 'array', items: listedTaskSchema }, total: { type: 'integer' } },
        },
      },
      async handle(params, { caller }) {
        const { jobs, total } = await service.list(caller, filterFrom(params), {
          isDescending: params['order'] === '-created',
          offset: params['offset'] as number,
          limit: params['limit'] as number,
        });
        return { items: jobs.map(listedTask), total };
      },
    },
    {
      name: 'engine.history',
      summary: 'The statuses that a task had, oldest first',
      params: [TASK_ID],
      result: { name: 'history', schema: historySchema },
      errors: ['TASK_NOT_FOUND'],
      handle: async (params, { caller }) => (await service.history(caller, refFrom(params))).changes.map(historyEntry),
    },
    {
      name: 'engine.log',
      summary: 'What a task printed',
      description: 'The last 1 MiB is kept. `next` is the `from` of the next page; `ended`: nothing follows.',
      params: LOG_PARAMS,
      result: {
        name: 'page',
        schema: {
          type: 'object',
          properties: {
            text: { type: 'string' },
            from: { type: 'integer' },
            next: { type: 'integer' },
            ended: { type: 'boolean' },
          },
        },
      },
      errors: ['TASK_NOT_FOUND'],
      async handle(params, { caller, over }) {
        const { text, from, next, hasEnded } = await service.log(caller, refFrom(params), {
          from: params['from'] as number,
          limit: params['limit'] as number,
          waitMs: (params['wait_s'] as number) * 1_000,
          over,
        });
        return { text, from, next, ended: hasEnded };
      },
    },
    {
      name: 'engine.cancel',
      summary: 'Cancel a task',
      description: 'A task that is working is told to stop, and ends `cancelled`.',
      params: [TASK_ID],
      result: task,
      errors: ['TASK_NOT_FOUND', 'WRONG_STATE'],
      handle: async (params, { caller }) => whole(await service.cancel(caller, refFrom(params))),
    },
    {
      name: 'engine.retry',
      summary: 'Enqueue a task again that has ended',
      description: '`attempt` counts on, and `max_attempts` more may follow.',
      params: [TASK_ID],
      result: task,
      errors: ['TASK_NOT_FOUND', 'WRONG_STATE', 'FORBIDDEN', 'TOO_MANY_TASKS'],
      handle: async (params, { caller }) => whole(await service.retry(caller, refFrom(params))),
    },
  ];
  return methods.map((method) => ({ ...method, access: TASK_USERS, tag: 'engine' }));
}
