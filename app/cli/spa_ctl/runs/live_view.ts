import { clipped, counted, harmless } from '../../terminal/plain_text.js';
import { utcText } from '../../terminal/time_text.js';
import type { Output } from '../spa.js';
import { runLine, tasksTable } from './status_text.js';
import { hasBegun, hasEnded, isRunning, type TaskStatus, type WorkflowStatus } from './workflow_status.js';

/** Shows a status and, later, how it has changed. */
export type LiveView = {
  show(status: WorkflowStatus): void;
  /** Another line is about to be written to the terminal. */
  makeRoom(): void;
  end(): void;
};

const TICK_MS = 1_000;
/** Lines of the view beside the rows of tasks: the run, the table's head and frame, and what is left out. */
const OTHER_LINES = 6;
/** Of a terminal that does not say. */
const DEFAULT_ROWS = 24;
const DEFAULT_COLUMNS = 80;
/** A row and the line below it. */
const LINES_A_TASK = 2;
const nowS = () => Date.now() / 1000;

/** At most `count` tasks: from the first that has not ended on, with those before it in the room that is left. */
export function tasksInView(tasks: readonly TaskStatus[], count: number): readonly TaskStatus[] {
  if (tasks.length <= count) return tasks;
  const firstOpen = tasks.findIndex((task) => !hasEnded(task));
  const begin = firstOpen === -1 ? tasks.length - count : Math.min(Math.max(0, firstOpen - 1), tasks.length - count);
  return tasks.slice(begin, begin + count);
}

/** A table that is drawn over itself, on a terminal. */
export function createLiveTable(stdout: Output): LiveView {
  let drawnLines = 0;
  let last: WorkflowStatus | undefined;

  function draw(): void {
    if (last === undefined) return;
    const room = Math.max(1, Math.floor(((stdout.rows || DEFAULT_ROWS) - OTHER_LINES) / LINES_A_TASK));
    // At the end the whole table stays on the terminal.
    const shown = isRunning(last) ? tasksInView(last.tasks, room) : last.tasks;
    const left = last.tasks.length - shown.length;
    const lines = [
      ...tasksTable(shown, nowS(), stdout.columns).split('\n'),
      ...(left > 0
        ? [`${counted(last.tasks.filter(hasEnded).length, 'task')} of ${last.tasks.length} ended; ${left} not shown`]
        : []),
      // A line that the terminal breaks would count as two.
      clipped(harmless(runLine(last, nowS())), (stdout.columns || DEFAULT_COLUMNS) - 1),
    ];
    // Up over what was drawn before, and clear from there.
    const up = drawnLines === 0 ? '' : `\u001b[${drawnLines}A\r\u001b[J`;
    stdout.write(`${up}${lines.join('\n')}\n`);
    drawnLines = lines.length;
  }
  const timer = setInterval(draw, TICK_MS);

  return {
    show(status) {
      last = status;
      draw();
    },
    // What was drawn stays, and the next table is drawn below the line.
    makeRoom: () => {
      drawnLines = 0;
    },
    end: () => clearInterval(timer),
  };
}

/** The table once, then a line for each change, for output that is not a terminal. */
export function createLiveLines(stdout: Output): LiveView {
  let shown: WorkflowStatus | undefined;
  const say = (line: string) => void stdout.write(`${harmless(line)}\n`);

  return {
    show(status) {
      const now = utcText(nowS()).slice(11);
      if (shown === undefined) {
        stdout.write(`${tasksTable(status.tasks, nowS(), undefined)}\n`);
        say(runLine(status, nowS()));
      } else {
        const labels = new Map(shown.tasks.map(({ name, label }) => [name, label]));
        for (const task of status.tasks) {
          const isNews = labels.get(task.name) !== task.label && (hasBegun(task) || labels.has(task.name));
          if (isNews) say(`${now} ${task.name} ${task.label}`);
        }
        if (shown.status !== status.status) say(runLine(status, nowS()));
      }
      shown = status;
    },
    makeRoom: () => {},
    end: () => {},
  };
}
