import { durationText } from './eta.js';
import { isAlive, labelOf, type TaskStatus, type WorkflowStatus } from './statuses.js';

/** Why a run is as it is: what it waits for, or how it ended. */

type TaskState = {
  name: string;
  exec: 'await' | 'parallel';
  status: TaskStatus;
  code: number | null;
  pid: number | null;
  attempt: number;
  started: number | null;
  ended: number | null;
  cause: { kind: string } | null;
};

type RunState = {
  status: WorkflowStatus;
  /** The only task that it runs; null: all of them. */
  runTask: string | null;
  started: number | null;
  ended: number | null;
  stopBy: string | null;
  /** Whether an executor carries the run out. */
  isTaken: boolean;
  tasks: readonly TaskState[];
};

/** `task`: the one that the sentence is about, when it is about one. */
export type Reason = { text: string; task: string | null };

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5);
  const rest = names.length - shown.length;
  const parts = rest > 0 ? [...shown, `${rest} more`] : shown;
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

function sinceText({ started }: TaskState, now: number): string {
  return started === null ? '' : `, for ${durationText(Math.max(0, now - started))} by now`;
}

function whyOf({ cause }: TaskState): string {
  switch (cause?.kind) {
    case 'timeout':
      return ', because its time was over';
    case 'start':
      return ', because it could not be started';
    case 'lost':
      return ', because the executor was lost';
    default:
      return '';
  }
}

function attemptsText({ attempt }: TaskState): string {
  return attempt > 1 ? ` in attempt ${attempt}` : '';
}

function whileRunning({ tasks, isTaken }: RunState, now: number): Reason {
  if (!isTaken) return { text: 'The run waits for an executor: none carries it out yet.', task: null };
  const alive = tasks.filter(({ status }) => isAlive(status) || status === 'rerun');
  const waiting = alive.find(({ status }) => status === 'waiting');
  const awaited = alive.find(({ exec }) => exec === 'await');
  const first = awaited ?? waiting ?? alive[0];
  if (first === undefined) return { text: 'The run is about to start its next task.', task: null };
  if (first.status === 'waiting') {
    return { text: `The run waits for ${first.name}, which is in an external library.`, task: first.name };
  }
  if (awaited !== undefined) {
    return {
      text: `The run waits for ${first.name}, which runs${attemptsText(first)}${sinceText(first, now)}.`,
      task: first.name,
    };
  }
  const text = `All awaited tasks have ended; the run waits for ${listed(alive.map(({ name }) => name))}.`;
  return { text, task: alive.length === 1 ? first.name : null };
}

function whileStopping(run: RunState): Reason {
  const { tasks, stopBy, isTaken } = run;
  const alive = tasks.filter(({ status }) => isAlive(status));
  const failed = tasks.find(({ exec, status }) => exec === 'await' && (status === 'error' || status === 'terminated'));
  const because =
    stopBy !== null
      ? `${stopBy} asked the run to stop`
      : `The run is stopped because ${failed?.name ?? 'a task'} failed`;
  if (!isTaken) return { text: `${because}; it waits for an executor to end what may still run.`, task: null };
  const first = alive.find(({ status }) => status === 'immortal' || status === 'waiting') ?? alive[0];
  if (first === undefined) return { text: `${because}; it is about to end.`, task: null };
  const what =
    first.status === 'waiting'
      ? `${first.name}, which is in an external library and must not be stopped`
      : first.status === 'immortal'
        ? `process ${first.pid} of ${first.name}, which survived SIGKILL`
        : listed(alive.map(({ name }) => name));
  return { text: `${because}; it waits for ${what}.`, task: first.name };
}

function afterError({ tasks }: RunState): Reason {
  const isFailed = ({ status, cause }: TaskState) =>
    status === 'error' || status === 'terminated' || (status === 'killed' && cause?.kind === 'timeout');
  const failed = tasks.filter(isFailed);
  // The one that ended the run: an awaited task.
  const first = failed.find(({ exec }) => exec === 'await') ?? failed[0];
  if (first === undefined) return { text: 'The run failed, and no task of it is there any more that did.', task: null };
  const label = labelOf(first.status, first.code, first.pid);
  const others =
    failed.length > 1 ? ` ${listed(failed.filter((task) => task !== first).map(({ name }) => name))} failed too.` : '';
  return {
    text: `The run failed: ${first.name} ended as ${label}${attemptsText(first)}${whyOf(first)}.${others}`,
    task: first.name,
  };
}

function afterStop({ tasks, stopBy }: RunState): Reason {
  const hard = tasks.filter(({ status }) => status === 'killed').map(({ name }) => name);
  const unstarted = tasks.filter(({ status }) => status === 'new').length;
  const by = stopBy === null ? 'The run was stopped' : `${stopBy} stopped the run`;
  const killed = hard.length > 0 ? `; ${listed(hard)} had to be killed` : '';
  const rest = unstarted > 0 ? `; ${unstarted === 1 ? '1 task was' : `${unstarted} tasks were`} not started` : '';
  return { text: `${by}${killed}${rest}.`, task: hard[0] ?? null };
}

/** One sentence or two. `now`: seconds since 1970. */
export function reasonOf(run: RunState, now: number): Reason {
  switch (run.status) {
    case 'not run':
      return { text: 'The workflow has not been run since it was made.', task: null };
    case 'running':
      return whileRunning(run, now);
    case 'stopping':
      return whileStopping(run);
    case 'stopped':
      return afterStop(run);
    case 'error':
      return afterError(run);
    default: {
      const took = run.started !== null && run.ended !== null ? `, in ${durationText(run.ended - run.started)}` : '';
      const what = run.runTask ?? 'all its tasks';
      return { text: `The run succeeded: ${what} ended without an error${took}.`, task: null };
    }
  }
}
