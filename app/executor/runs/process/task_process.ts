import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { OutputStream } from '../../engine/log_buffer.js';
import { signalGroup } from '../../processes/process_table.js';

type TaskCommand = {
  path: string;
  params: readonly string[];
  /** All that the task sees. */
  environment: Readonly<Record<string, string | undefined>>;
  setpriv: string | undefined;
};

type TaskHooks = {
  onStarted(pid: number): void;
  onStartFailed(reason: string): void;
  /** `code`: the exit code, or the negative number of the signal. What it left in its process group is killed. */
  onEnded(code: number): void;
  onOutput(bytes: Buffer, stream: OutputStream): void;
  /** Nothing more will be printed. */
  onOutputEnd(): void;
};

/** An argument vector, never a shell. With setpriv the kernel kills the task when the process that started it dies. */
function argumentVector({ path, params, setpriv }: TaskCommand): [program: string, args: readonly string[]] {
  return setpriv === undefined ? [path, params] : [setpriv, ['--pdeathsig', 'KILL', '--', path, ...params]];
}

/** Starts a task in a session and process group of its own, as a child of this process. */
export function startTask(command: TaskCommand, hooks: TaskHooks): void {
  const [program, args] = argumentVector(command);
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: command.environment,
    });
  } catch (reason) {
    // An argument or a variable holds U+0000.
    queueMicrotask(() => hooks.onStartFailed(String((reason as Error).message)));
    return;
  }
  const { pid } = child;
  child.on('error', (reason) => {
    if (pid === undefined) hooks.onStartFailed(`It could not be started: ${reason.message}`);
  });
  if (pid === undefined) return;
  child.stdout?.on('data', (bytes: Buffer) => hooks.onOutput(bytes, 0));
  child.stderr?.on('data', (bytes: Buffer) => hooks.onOutput(bytes, 1));
  child.once('close', hooks.onOutputEnd);
  child.once('exit', (code, signal) => {
    signalGroup(pid, 'SIGKILL');
    hooks.onEnded(signal === null ? (code as number) : -constants.signals[signal]);
  });
  queueMicrotask(() => hooks.onStarted(pid));
}
