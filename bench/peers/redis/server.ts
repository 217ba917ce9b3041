import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolder } from '../../../test/support/folder.js';

/** As durable as Svodka with SVODKA_WAL_MODE=fsync. */
const SETTINGS: Readonly<Record<string, string>> = {
  port: '0',
  appendonly: 'yes',
  appendfsync: 'always',
  save: '',
  daemonize: 'no',
};

export type RunningRedis = { socket: string; stop(): Promise<void> };

async function untilReady(child: ChildProcess, socket: string, output: () => string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (existsSync(socket)) return;
    if (child.exitCode !== null) break;
    await sleep(50);
  }
  throw new Error(`Redis does not start:\n${output()}`);
}

/** Debian's Redis as a child process, in a temporary folder and behind a Unix socket. */
export async function startRedis(): Promise<RunningRedis> {
  const folder = makeFolder();
  const socket = join(folder, 'redis.sock');
  const args = Object.entries({ ...SETTINGS, dir: folder, unixsocket: socket });
  const child = spawn(
    'redis-server',
    args.flatMap(([name, value]) => [`--${name}`, value]),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    log += chunk;
  });
  const exited = once(child, 'close');
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  await untilReady(child, socket, () => log);
  return {
    socket,
    async stop() {
      child.kill();
      await exited;
      process.off('exit', killWithUs);
    },
  };
}
