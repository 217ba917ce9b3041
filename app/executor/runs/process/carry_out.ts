import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { FunctionNotFound, findFunction } from '../../../work/workflows/find_function.js';
import { createRun } from '../../../work/workflows/model/run.js';
import type { Run, RunAction, RunEvent, TaskCause } from '../../../work/workflows/model/run_events.js';
import type { RunStatus } from '../../../work/workflows/model/statuses.js';
import { createProcessFamily, type ProcessFamily } from '../../processes/process_family.js';
import { readProcess, signalGroup } from '../../processes/process_table.js';
import { type Forced, type FromRun, type PlannedTask, RUN_MARK, type RunHead, TASK_MARK } from '../messages.js';
import { endLeftovers, readBootId } from './leftovers.js';
import { createOutbox } from './outbox.js';
import { createTaskLogs } from './task_logs.js';
import { startTask } from './task_process.js';

/** Beyond it, what cannot be killed is left to itself. */
const SWEEP_PATIENCE_MS = 5_000;
/** For the last output of what was swept. */
const OUTPUT_PATIENCE_MS = 1_000;
/** setTimeout takes no more. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const KILLED = -9;

type CarryOutParts = {
  send(message: FromRun): void;
  /** Everything has ended, and the end is stored. */
  onEnd(): void;
};

type CarriedRun = {
  begin(head: RunHead, tasks: readonly PlannedTask[]): Promise<void>;
  stop(by: string): void;
  force(forced: Forced): void;
  stored(seq: number): void;
  logged(task: number): void;
  /** Kills everything, at once. Answers whether nothing is left. */
  killAll(): Promise<boolean>;
};

const SIGNAL_NAMES = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** As causes of jobs are stored: signals by name. */
function causeText(cause: TaskCause): string {
  return JSON.stringify(cause.kind === 'signal' ? { ...cause, signal: SIGNAL_NAMES.get(cause.signal) } : cause);
}

/** Marks in the log of a task where it began again. What it printed before may have ended within a line. */
function restartLine(hasText: boolean): Buffer {
  const time = new Date().toISOString();
  return Buffer.from(`${hasText ? '\n' : ''}[${time} started again after its run was interrupted]\n`);
}

/** Carries out what the state machine of a run decides: starts and signals tasks, tells statuses and logs. */
export function carryOut({ send, onEnd }: CarryOutParts): CarriedRun {
  const bootId = readBootId();
  const outbox = createOutbox(send);
  const logs = createTaskLogs(send);
  const tasks = new Map<number, PlannedTask>();
  const pids = new Map<number, number>();
  let head: RunHead;
  let family: ProcessFamily | undefined;
  let run: Run | undefined;
  let timer: NodeJS.Timeout | undefined;
  let openOutputs = 0;
  let isOver = false;
  let onOutputsClosed = () => {};
  /** What was asked before the run began. */
  let asked: RunEvent[] = [];

  function tell(event: RunEvent): void {
    if (isOver) return;
    if (run === undefined) asked.push(event);
    else obey(run.step(event, performance.now()));
  }

  function addStatus({ task, status, details: { cause, pid, ...rest } }: RunAction & { type: 'set' }): void {
    const details = { ...rest, ...(cause === undefined ? {} : { cause: causeText(cause) }) };
    if (pid === undefined) {
      outbox.add({ task, status, details });
      return;
    }
    outbox.addLater({ task, status }, () => {
      const pidStart = readProcess(pid)?.startTime;
      return { ...details, pid, bootId, ...(pidStart === undefined ? {} : { pidStart }) };
    });
  }

  function obey(actions: readonly RunAction[]): void {
    const starts: (RunAction & { type: 'start' })[] = [];
    let hasNews = false;
    for (const action of actions) {
      if (action.type === 'start') starts.push(action);
      else if (action.type === 'end') void finish(action.status, action.why);
      else if (action.type === 'signal') signalGroup(pids.get(action.task) as number, action.signal);
      else {
        addStatus(action);
        hasNews ||= action.details.pid === undefined;
      }
    }
    if (hasNews) void outbox.flush().then(() => starts.forEach(start));
    setTimer();
  }

  function setTimer(): void {
    clearTimeout(timer);
    const at = run?.wakeAt();
    if (at === undefined) return;
    timer = setTimeout(
      () => tell({ type: 'time' }),
      Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil(at - performance.now()))),
    );
  }

  function start({ task: id, isRestart }: RunAction & { type: 'start' }): void {
    if (isOver) return;
    const task = tasks.get(id) as PlannedTask;
    let path: string;
    try {
      path = findFunction(head.binDir, task.function);
    } catch (reason) {
      if (!(reason instanceof FunctionNotFound)) throw reason;
      tell({ type: 'start_failed', task: id, reason: reason.message });
      return;
    }
    const log = logs.open(id, task.logEnd);
    if (isRestart) log.add(restartLine(task.logEnd > 0), 0);
    openOutputs++;
    const outputEnded = () => {
      log.end();
      openOutputs--;
      if (openOutputs === 0) onOutputsClosed();
    };
    startTask(
      {
        path,
        params: task.params,
        environment: { ...head.environment, ...task.env, [RUN_MARK]: head.mark, [TASK_MARK]: String(id) },
        setpriv: head.setpriv,
      },
      {
        onStarted(pid) {
          pids.set(id, pid);
          tell({ type: 'started', task: id, pid });
        },
        onStartFailed(reason) {
          outputEnded();
          tell({ type: 'start_failed', task: id, reason });
        },
        onEnded(code) {
          pids.delete(id);
          tell({ type: 'ended', task: id, code });
        },
        onOutput: log.add,
        onOutputEnd: outputEnded,
      },
    );
  }

  /** What left its task's group ends with the run. Answers whether nothing is left. */
  const sweep = async () => (await family?.endDescendants(SWEEP_PATIENCE_MS)) ?? true;

  async function finish(status: RunStatus, why: string): Promise<void> {
    isOver = true;
    await sweep();
    if (openOutputs > 0) {
      await Promise.race([
        new Promise<void>((done) => {
          onOutputsClosed = done;
        }),
        sleep(OUTPUT_PATIENCE_MS, undefined, { ref: false }),
      ]);
    }
    await logs.untilStored();
    outbox.add({ task: 0, status, details: { why } });
    await outbox.flush();
    onEnd();
  }

  async function takeOver(): Promise<ReadonlyMap<number, 'killed' | 'alive'>> {
    const { tasks: found, untilGone } = await endLeftovers(head.mark, [...tasks.values()]);
    for (const [task, state] of found) {
      if (state === 'alive') void untilGone(task).then(() => tell({ type: 'ended', task, code: KILLED }));
    }
    return found;
  }

  return {
    async begin(runHead, plan) {
      head = runHead;
      family = createProcessFamily(process.pid, { name: RUN_MARK, value: head.mark });
      for (const task of plan) tasks.set(task.id, task);
      const found = head.isTakenOver ? await takeOver() : new Map<number, 'killed' | 'alive'>();
      if (isOver) return;
      run = createRun({
        status: head.status,
        stopBy: head.stopBy,
        tasks: plan.map((task) => {
          const left = found.get(task.id);
          return left === undefined ? task : { ...task, left };
        }),
      });
      obey(run.step({ type: 'begun' }, performance.now()));
      const before = asked;
      asked = [];
      before.forEach(tell);
    },
    stop: (by) => tell({ type: 'stop_asked', by }),
    force: (forced) => tell({ type: 'forced', ...forced }),
    stored: outbox.stored,
    logged: logs.logged,
    killAll() {
      isOver = true;
      for (const pid of pids.values()) signalGroup(pid, 'SIGKILL');
      return sweep();
    },
  };
}
