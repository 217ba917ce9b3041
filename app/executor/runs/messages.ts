import type { StatusDetails } from '../../work/workflows/model/run_events.js';
import type { RunStatus, TaskStatus } from '../../work/workflows/model/statuses.js';

/** The mark of a run in the environment of all that it starts: the job's uuid. */
export const RUN_MARK = 'SVODKA_RUN';
/** The id of the task, beside it. */
export const TASK_MARK = 'SVODKA_TASK';

/** A task as the plan of a run has it. */
export type PlannedTask = {
  id: number;
  name: string;
  exec: 'await' | 'parallel';
  function: string;
  params: readonly string[];
  env: Readonly<Record<string, string>>;
  tries: number;
  timeoutS: number | null;
  graceS: number;
  status: TaskStatus;
  pid: number | null;
  /** In clock ticks since the machine's start. */
  pidStart: number | null;
  bootId: string | null;
  attempt: number;
  /** Bytes that it has logged in this run. */
  logEnd: number;
};

/** A change of a status; task 0 is the run. `at`: seconds since 1970, later than that of any change before. */
export type Change = {
  task: number;
  status: TaskStatus | RunStatus;
  details: Omit<StatusDetails, 'cause'> & { cause?: string; pidStart?: number; bootId?: string; at: number };
};

/** From the executor to a run's process. */
export type ToRun =
  /** Several may come; the last one has `run`, and the run begins. */
  | { type: 'plan'; tasks: readonly PlannedTask[]; run?: RunHead }
  | { type: 'asked'; stopBy: string | null; forced: readonly Forced[] }
  /** The changes with this number are stored. */
  | { type: 'stored'; seq: number }
  /** The last piece of the task's log is stored. */
  | { type: 'logged'; task: number };

export type Forced = { task: number; status: 'waiting' | 'running'; by: string };

export type RunHead = {
  status: RunStatus;
  stopBy: string | null;
  /** Whether an earlier process may have left something. */
  isTakenOver: boolean;
  /** Of the workflow. */
  name: string;
  mark: string;
  /** What tasks see beside their own. */
  environment: Readonly<Record<string, string>>;
  binDir: string;
  /** The program that has the kernel kill a task when its parent dies; undefined where there is none. */
  setpriv?: string;
};

/** From a run's process to the executor. */
export type FromRun =
  /** Numbers count from 1. The next task is started once they are stored. */
  | { type: 'changes'; seq: number; changes: readonly Change[] }
  /** A piece of log that begins at byte `at`; the next one of the task follows when it is stored. */
  | { type: 'log'; task: number; at: number; text: string };
