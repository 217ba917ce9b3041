import { read, write } from '../../db/procedure.js';
import type { ByteString, MsgpackInput } from '../../db/wire/msgpack.js';
import type { JobSpecTuple } from '../jobs/service.js';
import type { Label } from './model/tree.js';

/** A task as create and update take it. */
export type TaskTuple = readonly [
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
type WorkflowTuple =
  | readonly [name: string, label: Label, tasks: readonly (TaskTuple | readonly [name: string])[] | null]
  /** The tasks were staged under the id. */
  | readonly [name: string, label: Label, places: readonly (number | null)[], staged: number];
export type DocumentTuple = readonly [project: string, label: Label, workflows: readonly WorkflowTuple[]];

type ChangeInput = readonly [
  taskId: number,
  status: string,
  details: Readonly<Record<string, string | number | boolean | null>> & MsgpackInput,
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

/** A workflow beside its tasks (tarantool/work/workflows/read.lua). Times in seconds since 1970. */
export type WorkflowHead = [
  id: number,
  project: string,
  name: string,
  status: string,
  runId: number | null,
  /** The only task that the last run had; null: it had all of them. */
  runTask: string | null,
  started: number | null,
  ended: number | null,
  runBy: string | null,
  stopBy: string | null,
  taskCount: number,
  layout: number,
  /** The last version of the tasks' states: what changes later has higher ones. */
  mark: number,
];

export type StatusTuple = [
  name: string,
  place: number,
  exec: 'await' | 'parallel',
  fn: string,
  status: string,
  code: number | null,
  pid: number | null,
  attempt: number,
  started: number | null,
  ended: number | null,
  cause: string | null,
  logEnd: number,
];

type DumpTuple = [
  name: string,
  label: Label,
  place: number,
  exec: 'await' | 'parallel',
  fn: string,
  params: string[],
  env: ReadonlyMap<string, string>,
  tries: number,
  timeoutS: number | null,
  graceS: number,
];

export type ListTuple = [
  project: string,
  projectLabel: Label,
  /** Undefined, as all that follow: the project has none. */
  workflow?: string,
  label?: Label,
  status?: string,
  taskCount?: number,
  runId?: number | null,
  started?: number | null,
  ended?: number | null,
];

export type HistoryTuple = [
  id: number,
  workflowId: number,
  runId: number | null,
  task: string,
  status: string,
  code: number | null,
  pid: number | null,
  at: number,
  by: string,
  why: string | null,
];

type PastRunTuple = [
  runId: number,
  workflowId: number,
  task: string,
  status: string,
  started: number,
  ended: number | null,
  by: string,
];

/** Members that are undefined are to be left out. `layout`: of the page before. */
export type PageInput = {
  readonly after: number;
  readonly limit: number;
  readonly task?: string;
  readonly layout?: number;
} & MsgpackInput;

/** Procedures of tarantool/work/workflows.lua. */
export const WORKFLOW_PROCEDURES = {
  /** `id`: null at first. Answers the id that the workflow will have; null when it is there already. */
  stageTasks: write<
    [project: string, workflow: string, id: number | null, tasks: readonly TaskTuple[]],
    [id: number | null]
  >('svodka.workflows.stage'),
  createWorkflows: write<[document: DocumentTuple, isDry: boolean], [workflows: string[]]>('svodka.workflows.create'),
  deleteWorkflows: write<[document: DocumentTuple, isDry: boolean], []>('svodka.workflows.delete'),
  updateWorkflows: write<[document: DocumentTuple, isDry: boolean], []>('svodka.workflows.update'),
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
  /** `after`: project and workflow (empty for none) of the last row of the page before. */
  listWorkflows: read<
    [project: string | null, after: readonly [project: string, workflow: string] | null],
    [hasMore: boolean, rows: ListTuple[]]
  >('svodka.workflows.list'),
  workflowStatus: read<
    [project: string, workflow: string, page: PageInput],
    [head: WorkflowHead, next: number | null, tasks: StatusTuple[]]
  >('svodka.workflows.status'),
  /** `tasks`: null when everything may have changed. */
  workflowChanged: read<
    [id: number, runId: number | null, layout: number, mark: number],
    [head: WorkflowHead, tasks: StatusTuple[] | null]
  >('svodka.workflows.changed'),
  dumpWorkflow: read<
    [project: string, workflow: string, page: PageInput],
    [head: [projectLabel: Label, label: Label, layout: number], next: number | null, tasks: DumpTuple[]]
  >('svodka.workflows.dump'),
  workflowHistory: read<
    [project: string, workflow: string, task: string | null, before: number | null, limit: number],
    [rows: HistoryTuple[]]
  >('svodka.workflows.history'),
  workflowRuns: read<[project: string, workflow: string, limit: number], [rows: PastRunTuple[]]>(
    'svodka.workflows.runs',
  ),
  workflowLog: read<
    [project: string, workflow: string, task: string, from: number, limit: number],
    [workflowId: number, from: number, next: number, hasEnded: boolean, text: string]
  >('svodka.workflows.log'),
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
