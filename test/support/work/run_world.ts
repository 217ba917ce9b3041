import assert from 'node:assert/strict';
import { createRun } from '../../../app/work/workflows/model/run.js';
import type { Run, RunAction, RunEvent, RunTask } from '../../../app/work/workflows/model/run_events.js';
import { isOver, type RunStatus, type TaskStatus } from '../../../app/work/workflows/model/statuses.js';

/** How a process of a task behaves. */
export type Conduct = {
  /** Its exit code when it ends by itself, or minus the signal. */
  code: number;
  ignoresInt: boolean;
  ignoresTerm: boolean;
  /** SIGKILL does not end it; only time does. */
  isUnkillable: boolean;
  cannotStart: boolean;
};

export type WorldTask = Omit<RunTask, 'status' | 'attempt' | 'left'> & { conducts: readonly Conduct[] };

type Process = { conduct: Conduct; isThere: boolean; received: string[] };

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGKILL: 9 } as const;

/**
 * Everything around the state machine of a run, as plainly as possible: processes that obey or do not, the stored
 * statuses, a clock. Each event is checked against the rules.
 */
export function createWorld(tasks: readonly WorldTask[]) {
  const stored = new Map<number, { status: TaskStatus; attempt: number }>(
    tasks.map(({ id }) => [id, { status: 'new', attempt: 0 }]),
  );
  const processes = new Map<number, Process>();
  const starts = new Map<number, number>();
  const moves = new Set<string>();
  let run: Run;
  let now = 0;
  let runStatus: RunStatus = 'running';
  let stopBy: string | null = null;
  let end: RunStatus | undefined;
  let stoppedAt: number | undefined;
  let hasFailed = false;

  const taskOf = (id: number) => tasks.find((task) => task.id === id) as WorldTask;

  function checkStart(id: number, attempt: number): void {
    const task = taskOf(id);
    assert.ok(!processes.has(id), `task ${id} was started twice at once`);
    assert.equal(stored.get(id)?.status, 'running', 'the begin is stored first');
    assert.ok(attempt >= 1 && attempt <= Math.max(task.tries, 1), `attempt ${attempt} of ${task.tries}`);
    assert.ok(stopBy === null && !hasFailed, 'nothing is started once the run is stopping');
    const place = tasks.indexOf(task);
    for (const earlier of tasks.slice(0, place)) {
      const { status } = stored.get(earlier.id) as { status: TaskStatus };
      assert.notEqual(status, 'new', 'in the order of places');
      if (earlier.exec === 'await') assert.equal(status, 'success', 'what is awaited has ended well');
    }
  }

  function obey(action: RunAction): void {
    assert.equal(end, undefined, 'nothing follows the end');
    if (action.type === 'start') {
      checkStart(action.task, action.attempt);
      const count = starts.get(action.task) ?? 0;
      starts.set(action.task, count + 1);
      const { conducts } = taskOf(action.task);
      const conduct = conducts[count % conducts.length] as Conduct;
      processes.set(action.task, { conduct, isThere: false, received: [] });
    } else if (action.type === 'signal') {
      const its = processes.get(action.task);
      assert.ok(its?.isThere, 'only what runs gets signals');
      assert.notEqual(stored.get(action.task)?.status, 'waiting', 'what waits is not touched');
      its.received.push(action.signal);
    } else if (action.type === 'end') {
      assert.equal(processes.size, 0, 'nothing runs after the end');
      end = action.status;
    } else if (action.task === 0) {
      runStatus = action.status as RunStatus;
      if (action.details.by === undefined) hasFailed = true;
      else stopBy ??= action.details.by;
    } else {
      const row = stored.get(action.task) as { status: TaskStatus; attempt: number };
      const isOverAlready = isOver(row.status);
      assert.ok(!isOverAlready, `task ${action.task} was ${row.status}, and became ${action.status}`);
      stored.set(action.task, { status: action.status as TaskStatus, attempt: action.details.attempt as number });
      if (row.status !== action.status) moves.add(`${row.status} --> ${action.status}`);
      if (isOver(action.status as TaskStatus) && action.status !== 'success' && taskOf(action.task).exec === 'await') {
        hasFailed = true;
      }
    }
  }

  function send(event: RunEvent): void {
    for (const action of run.step(event, now)) obey(action);
  }

  /** The process has ended, by itself or by the last signal that it got. */
  function endProcess(id: number, code: number): void {
    processes.delete(id);
    send({ type: 'ended', task: id, code });
  }

  /** The signals that a process does not ignore. */
  function fatalSignal({ conduct, received }: Process): keyof typeof SIGNAL_NUMBERS | undefined {
    if (received.includes('SIGKILL') && !conduct.isUnkillable) return 'SIGKILL';
    if (received.includes('SIGTERM') && !conduct.ignoresTerm && !conduct.isUnkillable) return 'SIGTERM';
    if (received.includes('SIGINT') && !conduct.ignoresInt && !conduct.isUnkillable) return 'SIGINT';
    return undefined;
  }

  function begin(left: ReadonlyMap<number, 'killed' | 'alive'>): void {
    run = createRun({
      status: runStatus,
      stopBy,
      tasks: tasks.map((task) => {
        const found = left.get(task.id);
        const row = stored.get(task.id) as { status: TaskStatus; attempt: number };
        return { ...task, ...row, ...(found === undefined ? {} : { left: found }) };
      }),
    });
    send({ type: 'begun' });
  }

  begin(new Map());

  return {
    stored,
    /** Changes of a task's status, as `running --> success`. */
    moves,
    send,
    end: () => end,
    now: () => now,
    stoppedAt: () => stoppedAt,
    statusOf: (id: number) => stored.get(id)?.status,
    starting: () => [...processes].flatMap(([id, { isThere }]) => (isThere ? [] : [id])),
    running: () => [...processes].flatMap(([id, { isThere }]) => (isThere ? [id] : [])),
    isUnkillable: (id: number) => processes.get(id)?.conduct.isUnkillable === true,

    arrive(id: number) {
      const its = processes.get(id) as Process;
      if (its.conduct.cannotStart) {
        processes.delete(id);
        send({ type: 'start_failed', task: id, reason: 'there is no such file' });
        return;
      }
      its.isThere = true;
      send({ type: 'started', task: id, pid: 1_000 + id });
    },

    endByItself(id: number) {
      endProcess(id, (processes.get(id) as Process).conduct.code);
    },

    /** What signals can end has ended. */
    letSignalsWork() {
      for (const [id, its] of [...processes]) {
        const fatal = fatalSignal(its);
        if (fatal !== undefined) endProcess(id, -SIGNAL_NUMBERS[fatal]);
      }
    },

    pass(ms: number) {
      now += ms;
      send({ type: 'time' });
    },
    wakeAt: () => run.wakeAt(),

    stop() {
      if (end === undefined) stoppedAt ??= now;
      send({ type: 'stop_asked', by: 'ann' });
    },

    force(id: number, status: 'waiting' | 'running') {
      send({ type: 'forced', task: id, status, by: 'ann' });
    },

    /** The run's process dies with all that it ran, but for what cannot be killed; another takes over. */
    crash() {
      if (end !== undefined) return;
      const left = new Map<number, 'killed' | 'alive'>();
      for (const [id, { conduct, isThere }] of [...processes]) {
        if (isThere && conduct.isUnkillable) left.set(id, 'alive');
        else {
          if (isThere && id % 2 === 0) left.set(id, 'killed');
          processes.delete(id);
        }
      }
      begin(left);
    },
  };
}

export type World = ReturnType<typeof createWorld>;
