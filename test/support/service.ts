import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { makeFolder, projectDir } from './folder.js';
import { startInsteadOfEmbedded } from './shards/instead.js';

export type ServiceOptions = {
  /** Relative to the project's folder. */
  program?:
    | 'dist/app/main.js'
    | 'scripts/start.mjs'
    | 'dist/test/support/faulty_service.js'
    | 'dist/app/executor/main.js';
  /** Settings in addition to the defaults below; undefined removes one. */
  env?: Record<string, string | undefined>;
  /** The data folder of a stopped service, to restart on it. */
  dataDir?: string;
  args?: readonly string[];
};

export type RunningService = {
  /** http://127.0.0.1:port */
  url: string;
  port: number;
  dataDir: string;
  child: ChildProcess;
  /** Its whole output to stdout and stderr so far. */
  output(): string;
  /** Pid of its current Tarantool, read from its log. */
  tarantoolPid(): number;
  /** Sends SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Kills it with SIGKILL and waits for the process to end. */
  kill(): Promise<void>;
  /** Resolves with the exit code. */
  exited: Promise<number | null>;
  /** Resolves once the output contains a match. Rejects if the process ends first. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
};

export type LaunchedService = Omit<RunningService, 'url' | 'port'>;

/** Starts the program without waiting for it. */
export function launchService(options: ServiceOptions = {}): LaunchedService {
  const { program = 'dist/app/main.js', env = {}, dataDir = makeFolder(), args = [] } = options;
  const child = spawn(process.execPath, [join(projectDir, program), ...args], {
    env: {
      ...process.env,
      SVODKA_PORT: '0',
      SVODKA_DATA_DIR: dataDir,
      SVODKA_MEMTX_MEMORY: String(256 * 1024 * 1024),
      // Each executor is two processes, so only tests that run tasks start any.
      SVODKA_EXECUTORS: '0',
      // SVODKA_TEST_WEB_PROCESSES=2 runs any suite with so many.
      SVODKA_WEB_PROCESSES: process.env['SVODKA_TEST_WEB_PROCESSES'] ?? '1',
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

/** Starts the service on a Tarantool of its own, or on a cluster (shards/instead.ts), and waits until it is ready. */
export async function startService(options: ServiceOptions = {}): Promise<RunningService> {
  const database = await startInsteadOfEmbedded({
    ...options.env,
    ...(options.dataDir && { SVODKA_TARANTOOL_URI: '' }),
  });
  const launched = launchService({ ...options, env: { ...database.env, ...options.env } });
  const [, url] = await launched.said(/listens at (http:\S+)/);
  const endDatabase = async <Result>(result: Result): Promise<Result> => {
    await database.stop();
    return result;
  };
  return {
    ...launched,
    stop: () => launched.stop().then(endDatabase),
    kill: () => launched.kill().then(endDatabase),
    url: url as string,
    port: Number(new URL(url as string).port),
  };
}
