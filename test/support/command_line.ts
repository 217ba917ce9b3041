import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, projectDir } from './folder.js';
import { until } from './until.js';

export type Ended = { code: number | null; stdout: string; stderr: string };

export type RunningCommand = {
  child: ChildProcess;
  /** Resolves once stderr holds a match. */
  complained(pattern: RegExp): Promise<unknown>;
  ended: Promise<Ended>;
};

/** The command line's program, as `npm run svodka` runs it. */
export const SVODKA = join(projectDir, 'scripts', 'svodka.mjs');

/** Runs `svodka` with these arguments against the service at `url`. The test writes and closes its stdin. */
export function startSvodka(args: readonly string[], url: string): RunningCommand {
  const child = spawn(process.execPath, [SVODKA, ...args], { env: { ...process.env, SVODKA_URL: url } });
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  // The program may exit before reading all of stdin.
  child.stdin.on('error', () => {});
  const ended = once(child, 'close').then(([code]) => {
    process.off('exit', killWithUs);
    return { code: code as number | null, stdout, stderr };
  });
  return {
    child,
    ended,
    complained: (pattern) => until(`it said ${pattern}`, () => pattern.test(stderr)),
  };
}

export function svodka(args: readonly string[], url: string, stdin?: string | Buffer): Promise<Ended> {
  const { child, ended } = startSvodka(args, url);
  child.stdin?.end(stdin ?? '');
  return ended;
}

/** Writes a file into a new folder; returns its path. */
export function makeFile(name: string, content: string | Buffer): string {
  const path = join(makeFolder(), name);
  writeFileSync(path, content);
  return path;
}
