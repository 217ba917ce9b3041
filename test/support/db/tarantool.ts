import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TarantoolAddress } from '../../../app/config.js';
import { makeFolder, projectDir } from '../folder.js';

export type TarantoolOptions = {
  /** A Unix socket in the data folder, or a TCP port on loopback. */
  over?: 'unix' | { port: number };
  dataDir?: string;
  /** A test script that runs tarantool/app.lua and extends it, used in its place. */
  script?: string;
  memtxMemoryBytes?: number;
  walMode?: string;
  /** Additional settings. */
  env?: Record<string, string>;
};

export type RunningTarantool = {
  address: TarantoolAddress;
  user: string;
  password: string;
  dataDir: string;
  child: ChildProcess;
  /** What it reported when it was ready. */
  details: { role: string };
  /** Its whole log output so far. */
  log(): string;
  /** Sends the signal and waits for the process to end. */
  end(signal?: NodeJS.Signals): Promise<void>;
};

/** Starts a real Tarantool on tarantool/app.lua and waits until it is ready. */
export async function startTarantool(options: TarantoolOptions = {}): Promise<RunningTarantool> {
  const { over = 'unix', dataDir = makeFolder(), walMode = 'write', memtxMemoryBytes = 128 * 1024 * 1024 } = options;
  const address = over === 'unix' ? { path: join(dataDir, 't.sock') } : { host: '127.0.0.1', port: over.port };
  const child = spawn(
    process.env['SVODKA_TARANTOOL_BIN'] ?? 'tarantool',
    [options.script ?? join(projectDir, 'tarantool', 'app.lua')],
    {
      cwd: dataDir,
      env: {
        PATH: process.env['PATH'],
        SVODKA_PROJECT_DIR: projectDir,
        SVODKA_SUPERVISED: '1',
        SVODKA_TARANTOOL_DIR: dataDir,
        SVODKA_TARANTOOL_LISTEN: 'path' in address ? `unix/:${address.path}` : `${address.host}:${address.port}`,
        SVODKA_TARANTOOL_USER: 'svodka',
        SVODKA_TARANTOOL_PASSWORD: 'for the tests',
        SVODKA_WAL_MODE: walMode,
        SVODKA_MEMTX_MEMORY: String(memtxMemoryBytes),
        ...options.env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    log += chunk;
  });
  const ended = once(child, 'exit');
  const details = await new Promise<{ role: string }>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const report = JSON.parse(line);
      if (report.event === 'ready') resolve(report.details);
      else reject(new Error(line));
    });
    ended.then(() => reject(new Error(`Tarantool ended while starting:\n${log}`)));
  });
  return {
    address,
    user: 'svodka',
    password: 'for the tests',
    dataDir,
    child,
    details,
    log: () => log,
    async end(signal = 'SIGTERM') {
      child.kill(signal);
      await ended;
    },
  };
}
