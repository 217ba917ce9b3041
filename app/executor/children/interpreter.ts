import type { StdioOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Duplex, Readable } from 'node:stream';
import type { OutputStream } from '../engine/log_buffer.js';
import { type InterpreterMessage, isInterpreterMessage, type RunMessage } from '../javascript/messages.js';
import type { Guard } from '../processes/guard.js';
import { startMarkedChild } from '../processes/marked_child.js';
import type { ProcessFamily } from '../processes/process_family.js';
import { createJsonLines } from './json_lines.js';
import { createMarkedOutput } from './marked_output.js';

/** How a child is started. `environment`: all that it sees, and nothing of the executor's own. */
export type InterpreterCommand = {
  program: string;
  args: readonly string[];
  environment: Readonly<Record<string, string>>;
};

const MARK_NAME = 'SVODKA_MARK';

type ExitStatus = { code: number | null; signal: NodeJS.Signals | null };

type InterpreterHooks = {
  onMessage(message: InterpreterMessage): void;
  /** What came on the descriptor for messages is none. */
  onFault(reason: string): void;
  /** What the task prints, on either stream, as it comes. */
  onOutput(bytes: Buffer, stream: OutputStream): void;
};

/** A child process in a group of its own that runs tasks one after the other. */
export type Interpreter = {
  pid: number;
  family: ProcessFamily;
  /** Starts a task; the messages of this task alone come to the hooks. */
  run(message: Omit<RunMessage, 'type' | 'token' | 'mark'>, hooks: InterpreterHooks): void;
  /** Resolves when all that the task printed has come. */
  untilOutputIsRead(): Promise<void>;
  /** Settles with the child's end. */
  exited: Promise<ExitStatus>;
  hasExited(): boolean;
  /** Kills the child and all that descends from it. */
  end(): Promise<void>;
};

/** @throws Error when the program cannot be started: ENOENT, EAGAIN ... */
export async function startInterpreter(
  { program, args, environment }: InterpreterCommand,
  guard: Guard,
): Promise<Interpreter> {
  const mark = { name: MARK_NAME, value: randomBytes(12).toString('hex') };
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', 'pipe'];
  const { child, pid, family } = await startMarkedChild({ program, args, stdio, environment, mark }, guard);
  const outputs = [child.stdout, child.stderr].map((stream) => createMarkedOutput(stream as Readable));
  let token = '';
  let lastToken = '';
  let hooks: InterpreterHooks | undefined;
  let hasExited = false;
  const exited = new Promise<ExitStatus>((resolve) => {
    child.once('exit', (code, signal) => {
      hasExited = true;
      resolve({ code, signal });
    });
  });
  const lines = createJsonLines(
    child.stdio[3] as Duplex,
    (message) => {
      if (!isInterpreterMessage(message)) hooks?.onFault('a line on the descriptor for answers is no message');
      else if (message.token === token) hooks?.onMessage(message);
      // A late message of the task before is nobody's; any other was written by the script itself.
      else if (message.token !== lastToken) hooks?.onFault('an answer came that the task could not give');
    },
    (reason) => hooks?.onFault(reason),
  );
  let ending: Promise<void> | undefined;
  return {
    pid,
    family,
    exited,
    hasExited: () => hasExited,
    run(message, taskHooks) {
      lastToken = token;
      token = randomBytes(9).toString('hex');
      hooks = taskHooks;
      const outputMark = `\0${randomBytes(12).toString('hex')}\n`;
      outputs.forEach((output, i) => {
        output.begin(outputMark, (bytes) => taskHooks.onOutput(bytes, i as OutputStream));
      });
      lines.send({ ...message, type: 'run', token, mark: outputMark } satisfies RunMessage);
    },
    async untilOutputIsRead() {
      await Promise.all(outputs.map((output) => output.untilMark()));
    },
    end() {
      ending ??= (async () => {
        await family.endAll();
        await exited;
        guard.drop(pid);
      })();
      return ending;
    },
  };
}
