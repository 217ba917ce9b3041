import type { OutputStream } from '../engine/log_buffer.js';
import type { InterpreterMessage, RunMessage } from '../javascript/messages.js';
import type { Interpreter } from './interpreter.js';
import { type Exceeded, type Limits, MAX_PROCESSES, watchLimits } from './limits.js';
import type { MadeFile, Outcome } from './outcome.js';

/** From SIGTERM to SIGKILL, of a task that is told to stop. */
const STOP_GRACE_MS = 6_000;

export type AttemptHooks = {
  /** The function's first line is about to run. */
  onStarted(): void;
  onProgress(progress: { fraction: number; text: string }): void;
  onOutput(bytes: Buffer, stream: OutputStream): void;
};

/** One attempt at a task, running in an interpreter. */
export type Attempt = {
  /** Settles when the task has ended with all that it started, but for the interpreter itself where that is reusable. */
  ended: Promise<{ outcome: Outcome; isReusable: boolean }>;
  /** SIGTERM to all of it, and SIGKILL after 6 s. The outcome is `ended`. */
  stop(): void;
  /** SIGKILL at once: the lease is lost. The outcome is `ended`. */
  kill(): void;
};

const WORDS: Readonly<Record<Exceeded, (limits: Limits) => string>> = {
  timeout: ({ timeoutMs }) => `The task did not end within ${timeoutMs / 1_000} s.`,
  memory: ({ memoryBytes }) => `The task took more than ${Math.round(memoryBytes / 1024 ** 2)} MB of memory.`,
  processes: () => `The task started more than ${MAX_PROCESSES} processes.`,
};

function failed(errortext: string, cause: Extract<Outcome, { kind: 'failed' }>['cause']): Outcome {
  return { kind: 'failed', errortext, cause };
}

/** Runs a task in an interpreter that runs nothing else meanwhile. */
export function startAttempt(
  interpreter: Interpreter,
  message: Omit<RunMessage, 'type' | 'token' | 'mark'>,
  limits: Limits,
  hooks: AttemptHooks,
): Attempt {
  let file: MadeFile | undefined;
  let decided: Outcome | undefined;
  let isReusable = false;
  let stopTimer: NodeJS.Timeout | undefined;
  let decide: (outcome: Outcome, mayReuse?: boolean) => void = () => {};
  const decision = new Promise<void>((resolve) => {
    decide = (outcome, mayReuse = false) => {
      if (decided !== undefined) return;
      // A task that was told to stop may end with an error of its own; only a result still counts.
      decided = stopTimer !== undefined && outcome.kind === 'failed' ? { kind: 'ended' } : outcome;
      isReusable = mayReuse;
      resolve();
    };
  });

  function onMessage(answer: InterpreterMessage): void {
    switch (answer.type) {
      case 'started':
        hooks.onStarted();
        break;
      case 'progress':
        hooks.onProgress({ fraction: answer.fraction, text: answer.text });
        break;
      case 'attach':
        file = { path: answer.path, contentType: answer.contentType };
        break;
      case 'result':
        decide({ kind: 'finished', result: answer.result, file }, answer.isReusable);
        break;
      case 'error':
        decide(failed(answer.text, { kind: 'error' }));
    }
  }

  interpreter.run(message, {
    onMessage,
    onFault: (reason) => decide(failed(`The task broke the protocol: ${reason}.`, { kind: 'error' })),
    onOutput: hooks.onOutput,
  });
  void interpreter.exited.then(({ code, signal }) => {
    if (signal !== null) decide(failed(`The task was ended by ${signal}.`, { kind: 'signal', signal }));
    else decide(failed(`The task ended without an answer, with exit code ${code}.`, { kind: 'exit', code: code ?? 0 }));
  });
  const unwatch = watchLimits(interpreter.family, limits, (limit) =>
    decide(failed(WORDS[limit](limits), { kind: limit === 'processes' ? 'memory' : limit })),
  );

  async function finish(): Promise<{ outcome: Outcome; isReusable: boolean }> {
    await decision;
    unwatch();
    clearTimeout(stopTimer);
    if (isReusable) {
      await Promise.race([interpreter.untilOutputIsRead(), interpreter.exited]);
      await interpreter.family.endDescendants();
    } else {
      await interpreter.end();
      await interpreter.untilOutputIsRead();
    }
    return { outcome: decided as Outcome, isReusable: isReusable && !interpreter.hasExited() };
  }

  return {
    ended: finish(),
    stop() {
      if (decided !== undefined || stopTimer !== undefined) return;
      stopTimer = setTimeout(() => decide({ kind: 'ended' }), STOP_GRACE_MS);
      interpreter.family.signal('SIGTERM');
    },
    kill: () => decide({ kind: 'ended' }),
  };
}
