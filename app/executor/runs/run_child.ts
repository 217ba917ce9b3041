import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createJsonLines } from '../children/json_lines.js';
import type { Guard } from '../processes/guard.js';
import { startMarkedChild } from '../processes/marked_child.js';
import { type FromRun, RUN_MARK, type ToRun } from './messages.js';

const PROGRAM = fileURLToPath(new URL('./process/run_process.js', import.meta.url));
/** Three threads less a run: an idle process has 7 MB of its own, and shares the rest of its 42 MB with all others. */
const NODE_FLAGS = ['--v8-pool-size=0'];
/**
 * For a run's process that is told to end, to kill what it has started; and for us, to kill what a dead one has left.
 * What survives is found again when the run is taken over.
 */
const END_PATIENCE_MS = 1_000;
const MAX_WORDS = 4_000;

/** The process of a run. */
export type RunChild = {
  send(message: ToRun): void;
  /** Ends it with all that it has started. */
  end(): void;
  /** The end of what it has written to stderr: tasks have streams of their own, so it is the reason of a fault. */
  lastWords(): string;
  /** Settles once the process has ended, and what it had started, if it can be killed. Answers whether it ended well. */
  ended: Promise<boolean>;
};

type RunChildOptions = {
  /** Of the workflow. */
  name: string;
  mark: string;
  /** All that it sees, and nothing of the executor's own. */
  environment: Readonly<Record<string, string>>;
  guard: Guard;
  onMessage(message: FromRun): void;
};

/** @throws Error when it cannot be started: EAGAIN, ENOMEM ... */
export async function startRunChild({ name, mark, environment, guard, onMessage }: RunChildOptions): Promise<RunChild> {
  const { child, pid, family } = await startMarkedChild(
    {
      program: process.execPath,
      args: [...NODE_FLAGS, PROGRAM, name],
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      environment,
      mark: { name: RUN_MARK, value: mark },
    },
    guard,
  );
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-MAX_WORDS);
  });
  const channel = child.stdio[3] as Duplex;
  const lines = createJsonLines(channel, (message) => onMessage(message as FromRun), end);
  const exited = new Promise<boolean>((resolve) => {
    child.once('exit', (code) => resolve(code === 0));
  });

  async function untilEnded(): Promise<boolean> {
    const isWell = await exited;
    // A process that ended by itself has killed what it had started.
    if (!isWell) await family.endDescendants(END_PATIENCE_MS);
    guard.drop(pid);
    return isWell;
  }

  let isEnding = false;
  function end(): void {
    if (isEnding) return;
    isEnding = true;
    // Without its channel it kills all tasks and ends.
    channel.destroy();
    void Promise.race([exited, sleep(END_PATIENCE_MS, undefined, { ref: false })]).then(() => child.kill('SIGKILL'));
  }

  return { send: (message) => void lines.send(message), end, lastWords: () => words, ended: untilEnded() };
}
