import type { RpcValue } from '../../../rpc/method.js';
import type { DocumentUse } from '../model/document_faults.js';
import { TASK_STATUSES } from '../model/statuses.js';
import { contextSchema, nameSchema } from '../schema.js';

const MAX_WHY_CHARACTERS = 1_024;
const MAX_HISTORY = 1_000;
const MAX_LOG_BYTES = 1024 * 1024;
const MAX_WAIT_S = 60;

function nameOf(name: string, isRequired: boolean, summary?: string): RpcValue {
  return {
    name,
    ...(summary !== undefined && { summary }),
    ...(isRequired && { required: true }),
    schema: nameSchema,
  };
}

const PROJECT = nameOf('project', true);
const WORKFLOW = nameOf('workflow', true);
const TASK = nameOf('task', true);
const TASK_OR_ALL = nameOf('task', false, 'The whole workflow when absent.');

export function documentParams(use: DocumentUse): readonly RpcValue[] {
  return [
    { name: 'context', summary: 'The tree of one project.', required: true, schema: contextSchema(use) },
    {
      name: 'dry_run',
      summary: 'Say what would change, and change nothing.',
      schema: { type: 'boolean', default: false },
    },
  ];
}

export const WORKFLOW_PARAMS: readonly RpcValue[] = [PROJECT, WORKFLOW];
export const TASK_PARAMS: readonly RpcValue[] = [PROJECT, WORKFLOW, TASK_OR_ALL];
export const STOP_PARAMS: readonly RpcValue[] = [
  WORKFLOW,
  nameOf('project', false, 'Needed when several projects have a workflow of this name.'),
];
export const LIST_PARAMS: readonly RpcValue[] = [nameOf('project', false, 'All projects when absent.')];
export const DUMP_PARAMS: readonly RpcValue[] = [
  PROJECT,
  nameOf('workflow', false, 'All workflows when absent.'),
  TASK_OR_ALL,
];

export const SET_STATUS_PARAMS: readonly RpcValue[] = [
  ...[PROJECT, WORKFLOW, TASK],
  { name: 'status', required: true, schema: { enum: TASK_STATUSES } },
  {
    name: 'why',
    summary: 'Kept in the history.',
    schema: { type: 'string', maxLength: MAX_WHY_CHARACTERS, 'x-well-formed': true },
  },
];

export const HISTORY_PARAMS: readonly RpcValue[] = [
  ...TASK_PARAMS,
  { name: 'limit', schema: { type: 'integer', minimum: 1, maximum: MAX_HISTORY, default: 100 } },
];

export const LOG_PARAMS: readonly RpcValue[] = [
  ...[PROJECT, WORKFLOW, TASK],
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
  {
    name: 'wait_s',
    summary: 'How long to wait for text after `from`, or for the end of the run.',
    schema: { type: 'number', minimum: 0, maximum: MAX_WAIT_S, default: 0 },
  },
];
