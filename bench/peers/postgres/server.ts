// Debian's PostgreSQL as a child process: a cluster in a temporary folder, reachable only through a Unix socket.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SETTINGS } from './settings.js';

export type RunningPostgres = {
  /** Folder of the Unix socket: the `host` of a connection. */
  socketDir: string;
  stop(): Promise<void>;
};

const START_ATTEMPTS = 200;
const RETRY_MS = 50;

/** PostgreSQL refuses to run as root; the user postgres runs it then. */
const isRoot = process.getuid?.() === 0;

function asItsUser(program: string, args: readonly string[]): [program: string, args: string[]] {
  return isRoot ? ['runuser', ['-u', 'postgres', '--', program, ...args]] : [program, [...args]];
}

/** Creates a folder that only its user may enter. */
function makeOwnFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'svodka-peer-'));
  if (isRoot) execFileSync('chown', ['postgres:', folder]);
  chmodSync(folder, 0o700);
  return folder;
}

function settingsAsArguments(): string[] {
  return Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** The server's own pid. The child process may be runuser, which does not stop the server gracefully. */
function postmasterPid(dataDir: string): number | undefined {
  const file = join(dataDir, 'postmaster.pid');
  return existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) : undefined;
}

function signal(dataDir: string, name: NodeJS.Signals): void {
  const pid = postmasterPid(dataDir);
  if (pid !== undefined && pid > 0) process.kill(pid, name);
}

async function untilReady(child: ChildProcess, dataDir: string, output: () => string): Promise<void> {
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
    const file = join(dataDir, 'postmaster.pid');
    if (existsSync(file) && /^ready\s*$/m.test(readFileSync(file, 'utf8'))) return;
    if (child.exitCode !== null) break;
    await sleep(RETRY_MS);
  }
  throw new Error(`PostgreSQL does not start:\n${output()}`);
}

/** `binDir` contains initdb and postgres; by default they are looked up in PATH. */
export async function startPostgres(binDir = process.env['BENCH_POSTGRES_BIN_DIR']): Promise<RunningPostgres> {
  const folder = makeOwnFolder();
  const dataDir = join(folder, 'data');
  const program = (name: string) => (binDir ? join(binDir, name) : name);
  // A server that is still stopping may change its files meanwhile.
  const removeFolder = () => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: RETRY_MS });
  // `trust` is enough, since nobody else can reach the socket.
  const initialize = ['-D', dataDir, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8'];
  const [initdb, initdbArgs] = asItsUser(program('initdb'), initialize);
  execFileSync(initdb, initdbArgs, { stdio: ['ignore', 'ignore', 'inherit'], cwd: '/' });

  const [postgres, args] = asItsUser(program('postgres'), ['-D', dataDir, '-k', folder, ...settingsAsArguments()]);
  const child = spawn(postgres, args, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    log += chunk;
  });
  const exited = once(child, 'close');
  const endWithUs = () => {
    signal(dataDir, 'SIGQUIT');
    removeFolder();
  };
  process.once('exit', endWithUs);
  await untilReady(child, dataDir, () => log);

  return {
    socketDir: folder,
    async stop() {
      // Fast shutdown: closes the connections and writes a checkpoint.
      signal(dataDir, 'SIGINT');
      await exited;
      process.off('exit', endWithUs);
      removeFolder();
    },
  };
}
