import type { Method } from '../../rpc/method.js';
import type { Caller } from '../../users/repository.js';
import { OPERATORS } from '../jobs/service.js';
import { historyEntry, listedProject, logPage, statusObject, taskRow } from './methods/answers.js';
import { documentFrom, faultsOf, type SentContext, sentContext } from './methods/document.js';
import {
  DUMP_PARAMS,
  documentParams,
  HISTORY_PARAMS,
  LIST_PARAMS,
  LOG_PARAMS,
  SET_STATUS_PARAMS,
  STOP_PARAMS,
  TASK_PARAMS,
  WORKFLOW_PARAMS,
} from './methods/params.js';
import type { DocumentUse } from './model/document_faults.js';
import type { TaskStatus } from './model/statuses.js';
import {
  changedSchema,
  contextSchema,
  etaSchema,
  historySchema,
  listSchema,
  logSchema,
  runAnswerSchema,
  statusSchema,
  taskRowSchema,
  whySchema,
} from './schema.js';
import type { WorkflowsService } from './service.js';

type Params = Record<string, unknown>;
type BareMethod = Omit<Method<Caller>, 'access' | 'tag'>;

/** The names that params have; `task` may be undefined. */
function namesIn(params: Params) {
  const [project, workflow] = [params['project'] as string, params['workflow'] as string];
  return { name: { project, workflow }, task: params['task'] as string | undefined };
}

const MEMBERS = { create: 'created', delete: 'deleted', update: 'updated' } as const;

const DOCUMENT_METHODS: Readonly<Record<DocumentUse, { summary: string; description: string }>> = {
  create: {
    summary: 'Make what is not there: project, workflows, tasks',
    description:
      'Tasks are added to a workflow that exists: one at a taken place pushes that one and all behind it down. Refused as a whole.',
  },
  delete: {
    summary: 'Delete the leaves: workflows without `tasks`, else the tasks named',
    description: 'Only names matter. Refused as a whole. A project cannot be deleted.',
  },
  update: {
    summary: 'Replace the tasks named',
    description:
      'As delete and create in one transaction; a task without `place` keeps the one that it has. Refused as a whole.',
  },
};

/** Create, delete, update. `binDir`: where functions are looked for. */
function documentMethod(use: DocumentUse, service: WorkflowsService, binDir: string): BareMethod {
  const member = MEMBERS[use];
  return {
    name: `workflow.${use}`,
    ...DOCUMENT_METHODS[use],
    params: documentParams(use),
    result: { name: 'changes', schema: changedSchema(member) },
    errors: use === 'create' ? ['WORKFLOW_STATE'] : ['WORKFLOW_NOT_FOUND', 'WORKFLOW_STATE'],
    faults: (params) => faultsOf(params, use, binDir),
    async handle(params) {
      const document = documentFrom(params['context'] as SentContext);
      const isDry = params['dry_run'] === true;
      const changed = await service[use](document, isDry);
      return { project: document.project, [member]: changed, ...(isDry && { dry_run: true }) };
    },
  };
}

function runMethods(service: WorkflowsService): BareMethod[] {
  return [
    {
      name: 'workflow.run',
      summary: 'Start a workflow, or one task of it',
      description: 'The answer comes at once; the run goes on by itself, also after a restart of the machine.',
      params: TASK_PARAMS,
      result: { name: 'run', schema: runAnswerSchema },
      errors: ['WORKFLOW_NOT_FOUND', 'WORKFLOW_STATE'],
      async handle(params, { caller }) {
        const { name, task } = namesIn(params);
        return { run_id: await service.run(caller, name, task), status: 'running' };
      },
    },
    {
      name: 'workflow.stop',
      summary: 'Ask a run to stop',
      description: 'The answer comes at once, and again until the run has ended.',
      params: STOP_PARAMS,
      result: { name: 'run', schema: runAnswerSchema },
      errors: ['WORKFLOW_NOT_FOUND', 'WORKFLOW_STATE'],
      async handle(params, { caller }) {
        const { project, workflow } = params as { project?: string; workflow: string };
        return { run_id: await service.stop(caller, workflow, project), status: 'stopping' };
      },
    },
    {
      name: 'workflow.set_status',
      summary: 'Force a status on a task',
      description:
        'Who and why is kept. `waiting` keeps a task that runs from being stopped, until `running` is set; the others change what is shown.',
      params: SET_STATUS_PARAMS,
      result: { name: 'task', schema: taskRowSchema },
      errors: ['WORKFLOW_NOT_FOUND', 'WORKFLOW_STATE'],
      async handle(params, { caller }) {
        const { name, task = '' } = namesIn(params);
        const { status, why } = params as { status: TaskStatus; why?: string };
        return taskRow(await service.setStatus(caller, { ...name, task }, status, why));
      },
    },
  ];
}

function readMethods(service: WorkflowsService): BareMethod[] {
  return [
    {
      name: 'workflow.status',
      summary: 'A workflow and its tasks as they are, by place',
      params: TASK_PARAMS,
      result: { name: 'workflow', schema: statusSchema },
      errors: ['WORKFLOW_NOT_FOUND'],
      async handle(params) {
        const { name, task } = namesIn(params);
        const { tasks, ...state } = await service.status(name, task);
        return statusObject(state, tasks);
      },
    },
    {
      name: 'workflow.list',
      summary: 'Projects and their workflows, by name',
      params: LIST_PARAMS,
      result: { name: 'projects', schema: listSchema },
      errors: ['WORKFLOW_NOT_FOUND'],
      handle: async ({ project }) => (await service.list(project as string | undefined)).map(listedProject),
    },
    {
      name: 'workflow.dump',
      summary: 'The tree, as workflow.update takes it',
      description: 'Optional members that have their defaults are left out.',
      params: DUMP_PARAMS,
      result: { name: 'tree', schema: { type: 'object', properties: { context: contextSchema('create') } } },
      errors: ['WORKFLOW_NOT_FOUND'],
      async handle(params) {
        const { project, workflow, task } = params as { project: string; workflow?: string; task?: string };
        const dumped = await service.dump(project, workflow, task);
        return { context: sentContext(dumped, dumped.workflows) };
      },
    },
    {
      name: 'workflow.history',
      summary: 'The changes of statuses, newest first',
      params: HISTORY_PARAMS,
      result: { name: 'history', schema: historySchema },
      errors: ['WORKFLOW_NOT_FOUND'],
      async handle(params) {
        const { name, task } = namesIn(params);
        return (await service.history(name, task, params['limit'] as number)).map(historyEntry);
      },
    },
    {
      name: 'workflow.log',
      summary: 'What a task printed in its last run',
      description: 'The last 1 MiB is kept. `next` is the `from` of the next page; `ended`: nothing follows.',
      params: LOG_PARAMS,
      result: { name: 'page', schema: logSchema },
      errors: ['WORKFLOW_NOT_FOUND'],
      async handle(params, { over }) {
        const { name, task = '' } = namesIn(params);
        const { from, limit, wait_s } = params as { from: number; limit: number; wait_s: number };
        return logPage(await service.log({ ...name, task }, { from, limit, waitMs: wait_s * 1_000, over }));
      },
    },
    {
      name: 'workflow.why',
      summary: 'What a run waits for, or why it ended as it did',
      params: WORKFLOW_PARAMS,
      result: { name: 'reason', schema: whySchema },
      errors: ['WORKFLOW_NOT_FOUND'],
      async handle(params, { caller }) {
        const { state, text, task, log } = await service.why(caller, namesIn(params).name);
        const { project, workflow, status, runId } = state;
        return { project, workflow, status, run_id: runId, why: text, task, log };
      },
    },
    {
      name: 'workflow.eta',
      summary: 'How long a run will take, from earlier ones that succeeded',
      params: WORKFLOW_PARAMS,
      result: { name: 'estimate', schema: etaSchema },
      errors: ['WORKFLOW_NOT_FOUND'],
      async handle(params) {
        const { state, runs, elapsedS, leftS, text } = await service.eta(namesIn(params).name);
        const { project, workflow, status, runId } = state;
        return { project, workflow, status, run_id: runId, runs, elapsed_s: elapsedS, left_s: leftS, text };
      },
    },
  ];
}

/** Workflows for programs: the methods `workflow.*`. */
export function workflowMethods(service: WorkflowsService, binDir: string): Method<Caller>[] {
  const methods = [
    ...(['create', 'delete', 'update'] as const).map((use) => documentMethod(use, service, binDir)),
    ...runMethods(service),
    ...readMethods(service),
  ];
  return methods.map((method) => ({ ...method, access: OPERATORS, tag: 'workflow' }));
}
