import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { deriveExecutorPassword } from '../../../app/db/passwords.js';
import type { RunningTarantool } from '../db/tarantool.js';
import { makeFolder, projectDir } from '../folder.js';
import { until } from '../until.js';

export type ExecutorOptions = {
  concurrency?: number;
  /** Additional settings; undefined removes one. */
  env?: Record<string, string | undefined>;
  /** The folder in which it creates task folders. */
  tempDir?: string;
  /** As whom it runs, where the test is root. */
  user?: { uid: number; gid: number };
};

export type RunningExecutor = {
  child: ChildProcess;
  pid: number;
  /** Its name in `locked_by`. */
  name: string;
  /** Its whole output so far. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** Sends SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Kills it with SIGKILL and waits for the process to end. */
  kill(): Promise<void>;
  exited: Promise<number | null>;
};

/** Starts the real executor program on a Tarantool and waits until it accepts tasks. */
export async function startExecutorProcess(
  { address, password }: Pick<RunningTarantool, 'address' | 'password'>,
  scriptDir: string,
  { concurrency = 4, env = {}, tempDir = makeFolder(), user }: ExecutorOptions = {},
): Promise<RunningExecutor> {
  const uri = 'path' in address ? address.path : `${address.host}:${address.port}`;
  const child = spawn(
    process.execPath,
    [join(projectDir, 'dist', 'app', 'executor', 'main.js'), '--concurrency', String(concurrency)],
    {
      env: {
        PATH: process.env['PATH'],
        NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'],
        TMPDIR: tempDir,
        SVODKA_TARANTOOL_URI: uri,
        SVODKA_EXECUTOR_PASSWORD: deriveExecutorPassword(password),
        SVODKA_SCRIPT_DIR: scriptDir,
        SVODKA_LOG_LEVEL: 'debug',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...user,
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  let hasExited = false;
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  void exited.then(() => {
    hasExited = true;
    process.off('exit', killWithUs);
  });
  const name = await until('the executor takes tasks', () => {
    if (hasExited) throw new Error(`the executor ended while starting:\n${output}`);
    return /"state":"ready".*?"executor":"([^"]+)"/.exec(output)?.[1];
  });
  return {
    child,
    pid: child.pid as number,
    name,
    output: () => output,
    signal: (signal) => void child.kill(signal),
    async stop() {
      child.kill('SIGTERM');
      return exited;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    exited,
  };
}
