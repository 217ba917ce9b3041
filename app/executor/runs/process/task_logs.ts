import { createLogBuffer, type LogBuffer, type OutputStream } from '../../engine/log_buffer.js';
import type { FromRun } from '../messages.js';

/** What the tasks of a run print, on its way to the database: of each the last MiB, and one piece at a time. */
type TaskLogs = {
  /** @param startsAt bytes that the task has logged in this run before */
  open(task: number, startsAt: number): TaskLog;
  /** The piece of this task that was sent last is stored. */
  logged(task: number): void;
  /** Resolves when everything is stored. */
  untilStored(): Promise<void>;
};

type TaskLog = {
  add(bytes: Buffer, stream: OutputStream): void;
  /** The process has closed both streams; another may follow. */
  end(): void;
};

export function createTaskLogs(send: (message: FromRun) => void): TaskLogs {
  const buffers = new Map<number, LogBuffer>();
  const underWay = new Set<number>();
  let waiters: (() => void)[] = [];

  function sendNext(task: number): void {
    if (underWay.has(task)) return;
    const piece = buffers.get(task)?.next();
    if (piece === undefined) {
      if (underWay.size > 0) return;
      for (const done of waiters) done();
      waiters = [];
      return;
    }
    underWay.add(task);
    send({ type: 'log', task, ...piece });
  }

  return {
    open(task, startsAt) {
      const buffer = buffers.get(task) ?? createLogBuffer(startsAt);
      buffers.set(task, buffer);
      return {
        add(bytes, stream) {
          buffer.add(bytes, stream);
          sendNext(task);
        },
        end() {
          buffer.end();
          sendNext(task);
        },
      };
    },
    logged(task) {
      const buffer = buffers.get(task);
      const piece = buffer?.next();
      if (!underWay.delete(task) || buffer === undefined || piece === undefined) return;
      buffer.sent(piece);
      sendNext(task);
    },
    untilStored() {
      if (underWay.size === 0) return Promise.resolve();
      return new Promise((done) => waiters.push(done));
    },
  };
}
