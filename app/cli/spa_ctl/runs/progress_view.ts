import type { WriteStream } from 'node:tty';
import cliProgress from 'cli-progress';
import { clipped, harmless } from '../../terminal/plain_text.js';
import type { Output } from '../spa.js';
import type { LiveView } from './live_view.js';
import { hasBegun, hasEnded, type WorkflowStatus } from './workflow_status.js';

const MAX_NAMES_CHARACTERS = 60;

function runningNames({ tasks }: WorkflowStatus): string {
  const names = tasks.filter((task) => hasBegun(task) && !hasEnded(task)).map(({ name, label }) => `${name} ${label}`);
  return clipped(harmless(names.join(', ')), MAX_NAMES_CHARACTERS);
}

/** `[====----] 3 of 10 tasks, t4 running`, which vanishes at the end. */
function createBar(stderr: WriteStream): LiveView {
  const bar = new cliProgress.SingleBar({
    stream: stderr,
    clearOnComplete: true,
    gracefulExit: false,
    barsize: 24,
    format: '[{bar}] {value} of {total} tasks, {names}',
  });
  let isStarted = false;
  return {
    show(status) {
      const ended = status.tasks.filter(hasEnded).length;
      const payload = { names: runningNames(status) };
      if (isStarted) bar.update(ended, payload);
      else bar.start(status.tasks.length, ended, payload);
      isStarted = true;
    },
    makeRoom() {
      bar.stop();
      isStarted = false;
    },
    end: () => bar.stop(),
  };
}

/** A line for each task that begins or ends. */
function createLines(stderr: Output): LiveView {
  const labels = new Map<string, string>();
  return {
    show({ tasks }) {
      for (const task of tasks) {
        if (hasBegun(task) && labels.get(task.name) !== task.label)
          stderr.write(`${harmless(`${task.name} ${task.label}`)}\n`);
        labels.set(task.name, task.label);
      }
    },
    makeRoom: () => {},
    end: () => {},
  };
}

/** Shows on stderr how far a run is. */
export function createProgressView(stderr: Output): LiveView {
  return stderr.isTTY ? createBar(stderr as WriteStream) : createLines(stderr);
}
