import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasEnded } from '../processes.js';
import { until } from '../until.js';
import { docker, run } from './run.js';

/** The folder of the engine, which tests may stop and restart; missing if the tests were given an existing engine. */
export const ENGINE_DIR = 'SVODKA_TEST_ENGINE_DIR';

const START_PATIENCE_MS = 60_000;
/** The engine first stops its containers, each of which may take its stop_grace_period. */
const STOP_PATIENCE_MS = 120_000;

function pidOf(dir: string): number | undefined {
  const file = join(dir, 'docker.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : undefined;
}

/** The value of DOCKER_HOST. */
export function engineAddress(dir: string): string {
  return `unix://${join(dir, 'docker.sock')}`;
}

/**
 * Starts Debian's Docker engine with all its state in one folder, and waits until it answers. It outlives this
 * process. Beside another engine it needs its own network namespace, since each rewrites the other's iptables rules.
 */
export async function startEngine(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const log = openSync(join(dir, 'engine.log'), 'a');
  const args = [
    '--data-root',
    join(dir, 'data'),
    '--exec-root',
    join(dir, 'exec'),
    '--pidfile',
    join(dir, 'docker.pid'),
  ];
  spawn('dockerd', ['--host', engineAddress(dir), ...args, '--log-level', 'warn'], {
    detached: true,
    stdio: ['ignore', log, log],
  }).unref();
  await until('the engine answers', () => docker('version').then(Boolean, () => false), START_PATIENCE_MS);
}

/** Stops the engine and its containers cleanly, as a shutdown of the machine does. */
export async function stopEngine(dir: string): Promise<void> {
  const pid = pidOf(dir);
  if (pid === undefined) return;
  process.kill(pid, 'SIGTERM');
  await until('the engine has ended', () => hasEnded(pid), STOP_PATIENCE_MS);
  rmSync(join(dir, 'docker.pid'), { force: true });
}

/** Removes the engine's folder and unmounts whatever is still mounted there. */
export async function removeEngine(dir: string): Promise<void> {
  const mounted = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${dir}/`));
  for (const path of mounted.reverse()) await run('umount', ['--lazy', path]);
  rmSync(dir, { recursive: true, force: true });
}
