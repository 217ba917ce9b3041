import { read, write } from '../../db/procedure.js';
import type { ByteString, MsgpackInput } from '../../db/wire/msgpack.js';
import type { JobSpecTuple } from '../jobs/service.js';

/** What documents call `id`: kept and given back. */
type Label = number | string | null;

/** A task as create and update take it. */
type TaskTuple = readonly [
  name: string,
  label: Label,
  place: number | null,
  exec: string,
  fn: string,
  params: readonly string[],
  env: Readonly<Record<string, string>>,
  tries: number,
  timeoutS: number | null,
  graceS: number,
];
type WorkflowTuple = readonly [
  name: string,
  label: Label,
  tasks: readonly (TaskTuple | readonly [name: string])[] | null,
];
type DocumentTuple = readonly [project: string, label: Label, workflows: readonly WorkflowTuple[]];

/** Names of workflows, and of tasks as `workflow/task`. */
type Changed = [workflows: string[], tasks: string[]];

type ChangeInput = readonly [
  taskId: number,
  status: string,
  details: Readonly<Record<string, string | number | null>> & MsgpackInput,
];
/** `seq`: counts the steps of a lease from 1. */
type StepInput = readonly [jobId: number, lease: number, seq: number, changes: readonly ChangeInput[]];

/** A task of a plan (docs/workflows.md). */
type PlannedTask = [
  taskId: number,
  name: string,
  exec: 'await' | 'parallel',
  fn: string,
  params: string[],
  env: ReadonlyMap<string, string>,
  tries: number,
  timeoutS: number | null,
  graceS: number,
  status: string,
  code: number | null,
  pid: number | null,
  pidStart: number | string | null,
  bootId: string | null,
  attempt: number,
  logEnd: number,
];

/** Procedures of tarantool/work/workflows.lua. */
export const WORKFLOW_PROCEDURES = {
  createWorkflows: write<[document: DocumentTuple, isDry: boolean], Changed>('svodka.workflows.create'),
  deleteWorkflows: write<[document: DocumentTuple, isDry: boolean], Changed>('svodka.workflows.delete'),
  updateWorkflows: write<[document: DocumentTuple, isDry: boolean], Changed>('svodka.workflows.update'),
  runWorkflow: write<
    [project: string, workflow: string, task: string | null, by: string, spec: JobSpecTuple],
    [runId: number, status: string]
  >('svodka.workflows.run'),
  stopWorkflow: write<[project: string | null, workflow: string, by: string], [runId: number, status: string]>(
    'svodka.workflows.stop',
  ),
  setTaskStatus: write<
    [names: { project: string; workflow: string; task: string }, status: string, by: string, why: string | null],
    []
  >('svodka.workflows.set_status'),
  /** Waits; `changes`: workflow id, what, id, what ... with what 0 removed, 1 log, 2 status, 3 tree. */
  workflowChanges: read<
    [epoch: number | null, place: number | null, timeoutSeconds: number],
    [epoch: number, place: number, changes: number[] | null]
  >('svodka.workflows.changes'),
  planRun: read<
    [jobId: number, lease: number, after: number, limit: number],
    [run: ReadonlyMap<string, string | number | null>, next: number | null, tasks: PlannedTask[]]
  >('svodka.workflows.plan'),
  advanceRuns: write<[steps: readonly StepInput[]], [verdicts: ('ok' | 'lost')[]]>('svodka.workflows.advance'),
  askedOfRun: read<
    [jobId: number, lease: number, after: number],
    [stopBy: string | null, forced: [number: number, taskId: number, status: string, by: string][]]
  >('svodka.workflows.asked'),
  addTaskLogs: write<
    [
      pieces: readonly (readonly [
        jobId: number,
        lease: number,
        taskId: number,
        at: number,
        text: string | ByteString,
      ])[],
    ],
    [lost: number[]]
  >('svodka.workflows.add_log'),
} as const;
