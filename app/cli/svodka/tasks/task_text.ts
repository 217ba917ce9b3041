import { fittedTable } from '../../terminal/fitted_table.js';
import { counted, durationText, harmless } from '../../terminal/plain_text.js';
import { utcText } from '../../terminal/time_text.js';

type Cause = { kind: string; code?: number; signal?: string };

/** A task, as far as it is shown. Times in seconds since 1970. */
export type Task = {
  task_id: string;
  id: number;
  status: string;
  script: string;
  args: unknown;
  name: string;
  user: string;
  priority: number;
  attempt: number;
  max_attempts: number;
  progress: { fraction: number; text: string } | null;
  result: unknown;
  errortext: string | null;
  cause: Cause | null;
  locked_by: string | null;
  created: number;
  started: number | null;
  ended: number | null;
};

export type StatusChange = { status: string; at: number; attempt: number; cause: Cause | null; by: string };

/** `exit(3)`, `signal(SIGKILL)`, `timeout`. */
function causeText(cause: Cause | null): string {
  if (cause === null) return '';
  const detail = cause.signal ?? cause.code;
  return detail === undefined ? cause.kind : `${cause.kind}(${detail})`;
}

function progressText({ progress }: Task): string {
  return progress === null ? '' : `${Math.floor(progress.fraction * 100)}% ${progress.text}`.trim();
}

const LIST_HEAD = ['id', 'status', 'progress', 'name', 'script', 'user', 'created (UTC)'];

/** `total` is the number of tasks that fit the filter. */
export function tasksTable(tasks: readonly Task[], total: number, columns: number | undefined): string {
  if (total === 0) return 'There are no such tasks.';
  const rows = tasks.map((task) => {
    const isOpen = task.ended === null;
    const progress = isOpen ? progressText(task) : '';
    return [task.id, task.status, progress, task.name, task.script, task.user, utcText(task.created)];
  });
  const rest = total > tasks.length ? `\n${counted(tasks.length, 'task')} of ${total}; --limit shows more.` : '';
  return `${fittedTable(LIST_HEAD, rows, columns)}${rest}`;
}

/** All that is known of a task, as a table of two columns, with its history and all lines of its error below. */
export function taskText(task: Task, history: readonly StatusChange[], columns: number | undefined): string {
  const { started, ended } = task;
  const errorLines = (task.errortext ?? '').trimEnd().split(/\r?\n/).map(harmless);
  const rows: [name: string, value: unknown][] = [
    ['id', task.id],
    ['task_id', task.task_id],
    ['name', task.name],
    ['status', task.status],
    ['progress', progressText(task)],
    ['script', task.script],
    ['args', JSON.stringify(task.args)],
    ['user', task.user],
    ['priority', task.priority],
    ['attempt', `${task.attempt} of ${task.max_attempts}`],
    ['executor', task.locked_by],
    ['created', utcText(task.created)],
    ['started', utcText(started)],
    ['ended', utcText(ended)],
    ['took', started !== null && ended !== null ? durationText((ended - started) * 1000) : ''],
    ['cause', causeText(task.cause)],
    ['error', errorLines[0]],
    ['result', task.result === null ? '' : JSON.stringify(task.result)],
  ];
  const shown = rows.filter(([, value]) => value !== null && value !== '');
  const changes = history.map(({ status, at, attempt, cause, by }) => {
    return [utcText(at), status, attempt === 0 ? '' : attempt, causeText(cause), by];
  });
  return [
    fittedTable(['task', ''], shown, columns),
    fittedTable(['time (UTC)', 'status', 'attempt', 'cause', 'by'], changes, columns),
    ...(errorLines.length > 1 ? ['error:', ...errorLines] : []),
  ].join('\n');
}
