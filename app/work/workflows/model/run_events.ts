import type { RunStatus, TaskStatus } from './statuses.js';

export type RunTask = {
  readonly id: number;
  readonly name: string;
  readonly exec: 'await' | 'parallel';
  readonly tries: number;
  readonly timeoutS: number | null;
  readonly graceS: number;
  /** As it is stored: `new`, unless an earlier process of the run came so far. */
  readonly status: TaskStatus;
  readonly attempt: number;
  /** What was found of it when the run was taken over: `alive` is what SIGKILL could not end within 2 s. */
  readonly left?: 'killed' | 'alive';
};

export type RunPlan = {
  readonly status: RunStatus;
  readonly stopBy: string | null;
  /** By place. */
  readonly tasks: readonly RunTask[];
};

export type TaskEvent =
  | { type: 'started'; task: number; pid: number }
  | { type: 'start_failed'; task: number; reason: string }
  /** `code`: the exit code, or the negative number of the signal that ended it. */
  | { type: 'ended'; task: number; code: number }
  | { type: 'forced'; task: number; status: 'waiting' | 'running'; by: string };

export type RunEvent =
  | TaskEvent
  | { type: 'begun' }
  | { type: 'stop_asked'; by: string }
  /** The moment of `wakeAt` has come. */
  | { type: 'time' };

export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGKILL';

export type TaskCause =
  | { kind: 'exit'; code: number }
  | { kind: 'signal'; signal: number }
  | { kind: 'timeout' }
  | { kind: 'start' };

export type StatusDetails = {
  attempt?: number;
  code?: number;
  pid?: number;
  cause?: TaskCause;
  by?: string;
  why?: string;
  /** A process before it was lost: `running` is told again, with the same attempt. */
  isRestart?: boolean;
};

export type RunAction =
  | { type: 'start'; task: number; attempt: number; isRestart: boolean }
  | { type: 'signal'; task: number; signal: StopSignal }
  /** Task 0 is the run. `pid` of `running` follows once the process is there. */
  | { type: 'set'; task: number; status: TaskStatus | RunStatus; details: StatusDetails }
  /** Nothing follows. */
  | { type: 'end'; status: RunStatus; why: string };

export type Run = {
  /** Events that the state does not allow change nothing. O(tasks that run), and O(tasks) where they all are looked at. */
  step(event: RunEvent, now: number): RunAction[];
  /** When `time` must be told, if nothing else happens before. */
  wakeAt(): number | undefined;
};
