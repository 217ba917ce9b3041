import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Definition } from '../shapes/definition.js';
import type { FromProcess, ToProcess } from './messages.js';
import { type ProcessUse, readProcessUse } from './process_use.js';

/** Of one record, on the processor: a limit on the wall clock would refuse good records of a busy machine. */
const MAX_CPU_MS = 50;
/** Node itself takes 50 MB. */
const MAX_RESIDENT_BYTES = 300 * 1024 * 1024;
/** In MB: where V8 gives up, most often before the limit above is seen. */
const MAX_HEAP_MB = 96;
/** Where no processor time can be read. */
const MAX_WALL_MS = 2_000;

const PROGRAM = fileURLToPath(new URL('./expression_worker.js', import.meta.url));

type Answer = Exclude<FromProcess, { ready: true }>;
export type Overrun = 'time' | 'memory';

/** `key` names the expressions, which are sent once. */
type Evaluation = { id: number; key: string; expressions: Definition['case']; record: unknown };

type Listener = {
  onReady(): void;
  onAnswer(answer: Answer): void;
  /** Called once. `overrun`: the limit that the first unanswered evaluation has broken. */
  onEnd(overrun: Overrun | undefined): void;
};

export type EvaluatorProcess = {
  /** Evaluations are carried out and answered in the order in which they are sent. */
  send(evaluation: Evaluation): void;
  /** Kills the process when `first`, which it works on, has gone over a limit. To be called every some ms. */
  look(first: number): void;
  kill(): void;
};

/** Starts a process that evaluates expressions, with no environment and a limit for its memory. */
export function startEvaluator(listener: Listener): EvaluatorProcess {
  const child: ChildProcess = spawn(process.execPath, [`--max-old-space-size=${MAX_HEAP_MB}`, PROGRAM], {
    env: {},
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const defined = new Set<string>();
  let overrun: Overrun | undefined;
  /** What the process had used when this evaluation was first seen at work. */
  let seen: { id: number; cpuMs: number; at: number } | undefined;
  let hasEnded = false;

  function end(): void {
    if (hasEnded) return;
    hasEnded = true;
    listener.onEnd(overrun);
  }

  function write(message: ToProcess): void {
    child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  function onLine(line: string): void {
    const message: FromProcess = JSON.parse(line);
    if ('ready' in message) listener.onReady();
    else listener.onAnswer(message);
  }

  function overrunOf(first: number, use: ProcessUse | undefined): Overrun | undefined {
    const at = performance.now();
    const cpuMs = use?.cpuMs ?? 0;
    if (seen?.id !== first) {
      seen = { id: first, cpuMs, at };
      return undefined;
    }
    if (use === undefined) return at - seen.at > MAX_WALL_MS ? 'time' : undefined;
    if (use.residentBytes > MAX_RESIDENT_BYTES) return 'memory';
    return cpuMs - seen.cpuMs > MAX_CPU_MS ? 'time' : undefined;
  }

  child.once('exit', end).once('error', end);
  // It may be killed while something is written.
  child.stdin?.on('error', () => {});
  if (child.stdout)
    createInterface({ input: child.stdout })
      .on('line', onLine)
      .on('error', () => {});

  return {
    send({ id, key, expressions, record }) {
      if (!defined.has(key)) {
        defined.add(key);
        write({ define: key, expressions });
      }
      write({ id, key, record });
    },

    look(first) {
      if (child.pid === undefined || hasEnded) return;
      overrun ??= overrunOf(first, readProcessUse(child.pid));
      if (overrun !== undefined) child.kill('SIGKILL');
    },

    kill() {
      child.kill('SIGKILL');
    },
  };
}
