// How a run of a workflow goes on: events in, actions out (docs/workflows.md). Times in ms of any clock that does not
// jump.

import type {
  Run,
  RunAction,
  RunEvent,
  RunPlan,
  RunTask,
  StatusDetails,
  StopSignal,
  TaskCause,
  TaskEvent,
} from './run_events.js';
import { isFailure, isOver, type TaskStatus } from './statuses.js';

/** From SIGTERM to SIGKILL, and from SIGKILL until a task counts as immortal. */
export const STAGE_MS = 2_000;
/** What a shell answers for a program that cannot be started. */
const NOT_STARTED_CODE = 127;
const MS_PER_S = 1_000;

type Stage = 'none' | StopSignal | 'immortal';

type Task = Omit<RunTask, 'status' | 'attempt'> & {
  status: TaskStatus;
  attempt: number;
  process: 'none' | 'starting' | 'alive';
  stage: Stage;
  /** The next stage, or the end of timeout_s, begins then. */
  stageEndsAt: number;
  timesOutAt: number;
  /** Of timeout_s, while the task waits. */
  remainingMs: number;
  /** Why it is being ended. */
  ending: 'stop' | 'failure' | 'timeout' | undefined;
  /** Left from an earlier process; started again when it is gone. */
  isToRestart: boolean;
};

const NEXT_STAGE: Readonly<Record<StopSignal, Stage>> = { SIGINT: 'SIGTERM', SIGTERM: 'SIGKILL', SIGKILL: 'immortal' };

const ENDING_WORDS = {
  stop: 'the run was asked to stop',
  failure: 'an awaited task failed',
  timeout: 'it ran longer than timeout_s',
} as const;

function causeOf(code: number): TaskCause {
  return code < 0 ? { kind: 'signal', signal: -code } : { kind: 'exit', code };
}

function endWords(code: number): string {
  return code < 0 ? `ended by signal ${-code}` : `ended with exit code ${code}`;
}

/** The state of one run. */
export function createRun(plan: RunPlan): Run {
  const tasks: Task[] = plan.tasks.map((task) => ({
    ...task,
    process: 'none',
    stage: 'none',
    stageEndsAt: Number.POSITIVE_INFINITY,
    timesOutAt: Number.POSITIVE_INFINITY,
    remainingMs: Number.POSITIVE_INFINITY,
    ending: undefined,
    isToRestart: false,
  }));
  const byId = new Map(tasks.map((task) => [task.id, task]));
  /** Those that have a process, or are about to. */
  const live = new Set<Task>();
  let phase: 'created' | 'going' | 'stopping' | 'ended' = 'created';
  let stopReason: 'stop' | 'failure' = 'stop';
  let stopBy = plan.stopBy ?? undefined;
  let failedTask: Task | undefined;
  let next = 0;
  let awaited: Task | undefined;
  let actions: RunAction[] = [];

  function set(task: Task, status: TaskStatus, details: StatusDetails = {}): void {
    task.status = status;
    actions.push({ type: 'set', task: task.id, status, details: { attempt: task.attempt, ...details } });
  }

  function begin(task: Task, attempt: number, isRestart = false): void {
    task.attempt = attempt;
    task.process = 'starting';
    task.stage = 'none';
    task.ending = undefined;
    task.isToRestart = false;
    live.add(task);
    set(task, 'running', isRestart ? { isRestart, why: 'started again after its run was interrupted' } : {});
    actions.push({ type: 'start', task: task.id, attempt, isRestart });
  }

  function enterStage(task: Task, stage: Exclude<Stage, 'none'>, now: number): void {
    task.stage = stage;
    if (stage === 'immortal') {
      task.stageEndsAt = Number.POSITIVE_INFINITY;
      set(task, 'immortal', { why: 'it survived SIGKILL' });
      return;
    }
    task.stageEndsAt = now + (stage === 'SIGINT' ? task.graceS * MS_PER_S : STAGE_MS);
    actions.push({ type: 'signal', task: task.id, signal: stage });
  }

  /** SIGINT to a task that runs; one that is starting gets it once it is there. */
  function endTask(task: Task, ending: 'stop' | 'failure' | 'timeout', now: number): void {
    task.ending ??= ending;
    if (task.status === 'waiting' || task.process !== 'alive' || task.stage !== 'none') return;
    set(task, 'stopping', {
      why: ENDING_WORDS[task.ending],
      ...(task.ending === 'stop' && stopBy !== undefined ? { by: stopBy } : {}),
    });
    enterStage(task, 'SIGINT', now);
  }

  function endAllTasks(ending: 'stop' | 'failure', now: number): void {
    for (const task of live) {
      task.isToRestart = false;
      endTask(task, ending, now);
    }
  }

  function failRun(task: Task, now: number): void {
    failedTask = task;
    phase = 'stopping';
    stopReason = 'failure';
    if (live.size === 0) return;
    actions.push({ type: 'set', task: 0, status: 'stopping', details: { why: `task ${task.name} failed` } });
    endAllTasks('failure', now);
  }

  /** A try has failed: the task is run once more, or has ended with this status. What SIGKILL did not end is not. */
  function failTry(task: Task, status: TaskStatus, details: StatusDetails, now: number): void {
    if (phase === 'going' && task.attempt < task.tries && task.status !== 'immortal') {
      set(task, 'rerun', details);
      begin(task, task.attempt + 1);
      return;
    }
    set(task, status, details);
    if (phase === 'going' && task.exec === 'await') failRun(task, now);
  }

  function settle(task: Task, code: number, now: number): void {
    const cause = causeOf(code);
    const wasSignalled = task.stage !== 'none';
    const whatEnded = endWords(code);
    if (wasSignalled && task.ending === 'timeout') {
      failTry(task, 'killed', { cause: { kind: 'timeout' }, why: ENDING_WORDS.timeout }, now);
    } else if (wasSignalled) {
      set(task, task.stage === 'SIGINT' ? 'stopped' : 'killed', { cause, why: whatEnded });
    } else if (code === 0) {
      set(task, 'success', { code, why: whatEnded });
    } else {
      failTry(task, code < 0 ? 'terminated' : 'error', { code, cause, why: whatEnded }, now);
    }
  }

  /** What is left of a task in the stored statuses, when a run that goes on comes to it. */
  function resume(task: Task, now: number): void {
    if (isOver(task.status)) return;
    const hasRun = task.status !== 'new' && task.status !== 'not run';
    const wasEnding = task.status === 'stopping' || task.status === 'immortal';
    if (hasRun && task.left === 'alive') {
      watchLeft(task, wasEnding ? 'timeout' : undefined);
      task.isToRestart = !wasEnding;
    } else if (wasEnding) {
      // Only timeout_s ends a task of a run that goes on.
      failTry(task, 'killed', { cause: { kind: 'timeout' }, why: ENDING_WORDS.timeout }, now);
    } else if (hasRun) {
      restart(task);
    } else {
      begin(task, 1);
    }
  }

  /** A crash uses up no try. */
  function restart(task: Task): void {
    const attempt = task.status === 'rerun' ? task.attempt + 1 : Math.max(1, task.attempt);
    begin(task, attempt, true);
  }

  function watchLeft(task: Task, ending: Task['ending']): void {
    task.process = 'alive';
    task.stage = 'immortal';
    task.ending = ending;
    live.add(task);
  }

  /** A run that was stopping when it was taken over starts nothing. */
  function resumeStopping(): void {
    for (const task of tasks) {
      if (isOver(task.status) || task.status === 'new' || task.status === 'not run') continue;
      if (task.left === 'alive') {
        watchLeft(task, stopReason);
        if (task.status !== 'immortal') set(task, 'immortal', { why: 'it survived SIGKILL' });
      } else {
        const status = task.left === 'killed' || task.status === 'immortal' ? 'killed' : 'stopped';
        set(task, status, { why: 'ended by a crash while the run was stopping' });
      }
    }
  }

  function walk(now: number): void {
    while (phase === 'going' && awaited === undefined && next < tasks.length) {
      const task = tasks[next++] as Task;
      resume(task, now);
      if (task.exec === 'parallel' || phase !== 'going') continue;
      if (live.has(task)) awaited = task;
      else if (isFailure(task.status)) failRun(task, now);
    }
  }

  function endIfOver(): void {
    if (phase === 'ended' || live.size > 0 || (phase === 'going' && next < tasks.length)) return;
    const failed = failedTask ?? tasks.find(({ status }) => isFailure(status));
    if (phase === 'stopping' && stopReason === 'stop') {
      actions.push({ type: 'end', status: 'stopped', why: ENDING_WORDS.stop });
    } else if (phase === 'stopping' || failed !== undefined) {
      const why = failed === undefined ? 'a task failed' : `task ${failed.name} failed`;
      actions.push({ type: 'end', status: 'error', why });
    } else {
      actions.push({ type: 'end', status: 'success', why: 'all tasks have ended' });
    }
    phase = 'ended';
  }

  function begun(): void {
    if (phase !== 'created') return;
    if (stopBy !== undefined) {
      phase = 'stopping';
      if (plan.status !== 'stopping') setStopping(stopBy);
      resumeStopping();
    } else if (plan.status === 'stopping') {
      phase = 'stopping';
      stopReason = 'failure';
      failedTask = tasks.find(({ status, exec }) => exec === 'await' && isFailure(status));
      resumeStopping();
    } else {
      phase = 'going';
    }
  }

  function setStopping(by: string): void {
    actions.push({ type: 'set', task: 0, status: 'stopping', details: { by, why: ENDING_WORDS.stop } });
  }

  function stopAsked(by: string, now: number): void {
    if (phase === 'created') stopBy ??= by;
    if (phase !== 'going' && !(phase === 'stopping' && stopReason === 'failure')) return;
    phase = 'stopping';
    stopReason = 'stop';
    stopBy = by;
    setStopping(by);
    endAllTasks('stop', now);
  }

  function started(task: Task, pid: number, now: number): void {
    if (task.process !== 'starting') return;
    task.process = 'alive';
    const allowedMs = (task.timeoutS ?? Number.POSITIVE_INFINITY) * MS_PER_S;
    task.timesOutAt = now + allowedMs;
    task.remainingMs = allowedMs;
    set(task, task.status, { pid });
    if (task.ending !== undefined) endTask(task, task.ending, now);
  }

  function hasNoProcess(task: Task): void {
    task.process = 'none';
    live.delete(task);
    if (awaited === task) awaited = undefined;
  }

  function afterEnd(task: Task): void {
    if (task.exec === 'await' && live.has(task)) awaited = task;
  }

  function ended(task: Task, code: number, now: number): void {
    if (task.process !== 'alive') return;
    hasNoProcess(task);
    if (task.isToRestart) restart(task);
    else settle(task, code, now);
    task.stageEndsAt = Number.POSITIVE_INFINITY;
    afterEnd(task);
  }

  function startFailed(task: Task, reason: string, now: number): void {
    if (task.process !== 'starting') return;
    hasNoProcess(task);
    failTry(task, 'error', { code: NOT_STARTED_CODE, cause: { kind: 'start' }, why: reason }, now);
    afterEnd(task);
  }

  function forced(task: Task, status: 'waiting' | 'running', by: string, now: number): void {
    if (task.process === 'none' || task.stage === 'immortal' || task.status === status) return;
    if (status === 'waiting') {
      task.remainingMs = task.timesOutAt - now;
      task.stage = 'none';
      set(task, 'waiting', { by });
    } else if (task.status === 'waiting') {
      task.timesOutAt = now + task.remainingMs;
      set(task, 'running', { by });
      if (task.ending !== undefined) endTask(task, task.ending, now);
    }
  }

  function dueAt(task: Task): number {
    if (task.process !== 'alive' || task.status === 'waiting' || task.stage === 'immortal')
      return Number.POSITIVE_INFINITY;
    return task.stage === 'none' ? task.timesOutAt : task.stageEndsAt;
  }

  function passTime(now: number): void {
    for (const task of live) {
      while (dueAt(task) <= now) {
        if (task.stage === 'none') endTask(task, 'timeout', now);
        else enterStage(task, NEXT_STAGE[task.stage as StopSignal] as Exclude<Stage, 'none'>, now);
      }
    }
  }

  function applyToTask(event: TaskEvent, now: number): void {
    const task = byId.get(event.task);
    if (task === undefined) return;
    if (event.type === 'started') started(task, event.pid, now);
    else if (event.type === 'start_failed') startFailed(task, event.reason, now);
    else if (event.type === 'ended') ended(task, event.code, now);
    else forced(task, event.status, event.by, now);
  }

  function apply(event: RunEvent, now: number): void {
    if (event.type === 'begun') begun();
    else if (event.type === 'stop_asked') stopAsked(event.by, now);
    else if (phase === 'created') return;
    else if (event.type === 'time') passTime(now);
    else applyToTask(event, now);
  }

  return {
    step(event, now) {
      actions = [];
      if (phase === 'ended') return actions;
      apply(event, now);
      if (phase === 'created') return actions;
      walk(now);
      endIfOver();
      return actions;
    },
    wakeAt() {
      let at = Number.POSITIVE_INFINITY;
      for (const task of live) at = Math.min(at, dueAt(task));
      return Number.isFinite(at) ? at : undefined;
    },
  };
}
