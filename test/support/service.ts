import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { makeFolder, projectDir } from './folder.js';

export type ServiceOptions = {
  /** Below the project's folder. */
  program?:
    | 'dist/app/main.js'
    | 'scripts/start.mjs'
    | 'dist/test/support/faulty_service.js'
    | 'dist/app/executor/main.js';
  /** Settings beside the defaults below; undefined takes one away. */
  env?: Record<string, string | undefined>;
  /** To start again on the data of a service that has ended. */
  dataDir?: string;
  args?: readonly string[];
};

export type RunningService = {
  /** http://127.0.0.1:port */
  url: string;
  port: number;
  dataDir: string;
  child: ChildProcess;
  /** All that it wrote to stdout and stderr so far. */
  output(): string;
  /** Pid of the Tarantool that it runs now, by its log. */
  tarantoolPid(): number;
  /** SIGTERM, then the exit code. */
  stop(): Promise<number | null>;
  /** kill -9, then waits for the end of the process. */
  kill(): Promise<void>;
  /** Resolves with the exit code. */
  exited: Promise<number | null>;
  /** Resolves once the output holds a match. Rejects when the process ends before. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
};

export type LaunchedService = Omit<RunningService, 'url' | 'port'>;

/** Runs the program without waiting for anything. */
export function launchService(options: ServiceOptions = {}): LaunchedService {
  const { program = 'dist/app/main.js', env = {}, dataDir = makeFolder(), args = [] } = options;
  const child = spawn(process.execPath, [join(projectDir, program), ...args], {
    env: {
      ...process.env,
      SVODKA_PORT: '0',
      SVODKA_DATA_DIR: dataDir,
      SVODKA_MEMTX_MEMORY: String(256 * 1024 * 1024),
      // Each is two processes: for the tests that run tasks.
      SVODKA_EXECUTORS: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const listeners = new Set<() => void>();
  const gather = (chunk: string) => {
    output += chunk;
    for (const listener of [...listeners]) listener();
  };
  child.stdout.setEncoding('utf8').on('data', gather);
  child.stderr.setEncoding('utf8').on('data', gather);
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  void exited.then(() => process.off('exit', killWithUs));

  return {
    dataDir,
    child,
    exited,
    output: () => output,

    tarantoolPid() {
      const pids = [...output.matchAll(/"pid":(\d+),[^\n]*"Tarantool is ready"/g)];
      return Number(pids.at(-1)?.[1]);
    },

    said(pattern) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output);
          if (match === null) return;
          listeners.delete(look);
          resolve(match);
        };
        listeners.add(look);
        look();
        exited.then(() => reject(new Error(`the service ended before it said ${pattern}:\n${output}`)));
      });
    },

    async stop() {
      child.kill('SIGTERM');
      return exited;
    },

    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Runs the service on a Tarantool of its own and waits until it serves. */
export async function startService(options: ServiceOptions = {}): Promise<RunningService> {
  const launched = launchService(options);
  const [, url] = await launched.said(/listens at (http:\S+)/);
  return { ...launched, url: url as string, port: Number(new URL(url as string).port) };
}
