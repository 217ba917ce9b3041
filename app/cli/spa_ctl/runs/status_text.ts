import { fittedTable } from '../../terminal/fitted_table.js';
import { durationText } from '../../terminal/plain_text.js';
import { utcText } from '../../terminal/time_text.js';
import { namesText } from '../options.js';
import { isRunning, type TaskStatus, type WorkflowStatus } from './workflow_status.js';

const HEAD = ['place', 'task', 'exec', 'function', 'status', 'attempt', 'pid', 'started (UTC)', 'took', 'cause'];

function tookText(started: number | null, ended: number | null, now: number): string {
  if (started === null) return '';
  const seconds = (ended ?? now) - started;
  // Whole seconds while it runs: the clocks of two machines differ.
  return ended === null
    ? durationText(Math.max(0, Math.floor(seconds)) * 1000).replace('.00', '')
    : durationText(seconds * 1000);
}

/** The time of a task that started on this day, with the day for others. */
function startedText(started: number | null, now: number): string {
  const [day, time] = utcText(started).split(' ');
  return time !== undefined && day === utcText(now).split(' ')[0] ? time : utcText(started);
}

/** What the label does not say: `timeout`, `memory`. */
function causeText({ cause, code }: TaskStatus): string {
  if (cause === null || cause === undefined) return '';
  const detail = cause.signal ?? (cause.code === code ? undefined : cause.code);
  return detail === undefined ? cause.kind : `${cause.kind} ${detail}`;
}

function rowOf(task: TaskStatus, now: number): unknown[] {
  return [
    task.place,
    task.name,
    task.exec,
    task.function,
    task.label,
    // The first attempt is no news.
    (task.attempt ?? 0) > 1 ? task.attempt : '',
    task.pid,
    startedText(task.started, now),
    tookText(task.started, task.ended, now),
    causeText(task),
  ];
}

/** `pr1/wf1: running for 12 s (run 29)` */
export function runLine(status: WorkflowStatus, now: number): string {
  const { run_id: runId, started, ended } = status;
  const name = namesText(status);
  if (runId === null) return `${name}: ${status.status}`;
  const took = tookText(started, ended, now);
  const time = took === '' ? '' : isRunning(status) ? ` for ${took}` : ` after ${took}, at ${utcText(ended)} UTC`;
  return `${name}: ${status.status}${time} (run ${runId})`;
}

/** `now`: seconds since 1970. `columns`: the width of the terminal, `undefined` when there is none. */
export function tasksTable(tasks: readonly TaskStatus[], now: number, columns: number | undefined): string {
  return fittedTable(
    HEAD,
    tasks.map((task) => rowOf(task, now)),
    columns,
  );
}
