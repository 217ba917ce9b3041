import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, projectDir } from './folder.js';
import { until } from './until.js';

export type Ended = { code: number | null; stdout: string; stderr: string };

export type RunningCommand = {
  child: ChildProcess;
  /** Resolves once stdout holds a match. */
  printed(pattern: RegExp): Promise<unknown>;
  /** Resolves once stderr holds a match. */
  complained(pattern: RegExp): Promise<unknown>;
  ended: Promise<Ended>;
};

/** The command line's program, as `npm run svodka` runs it. */
export const SVODKA = join(projectDir, 'scripts', 'svodka.mjs');

export type CommandOptions = {
  /** Variables in addition to those of the test; undefined removes one. */
  env?: Readonly<Record<string, string | undefined>>;
  cwd?: string;
};

/** Runs one of `scripts/` with these arguments. The test writes and closes its stdin. */
export function startCommand(script: string, args: readonly string[], options: CommandOptions = {}): RunningCommand {
  const { env = {}, cwd } = options;
  const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...env }, cwd });
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
    printed: (pattern) => until(`it printed ${pattern}`, () => pattern.test(stdout)),
    complained: (pattern) => until(`it said ${pattern}`, () => pattern.test(stderr)),
  };
}

/** Runs one of `scripts/` to its end. */
export function runCommand(
  script: string,
  args: readonly string[],
  { stdin = '', ...options }: CommandOptions & { stdin?: string | Buffer } = {},
): Promise<Ended> {
  const { child, ended } = startCommand(script, args, options);
  child.stdin?.end(stdin);
  return ended;
}

/** Runs `svodka` with these arguments against the service at `url`. The test writes and closes its stdin. */
export function startSvodka(args: readonly string[], url: string): RunningCommand {
  return startCommand(SVODKA, args, { env: { SVODKA_URL: url } });
}

export function svodka(args: readonly string[], url: string, stdin: string | Buffer = ''): Promise<Ended> {
  return runCommand(SVODKA, args, { env: { SVODKA_URL: url }, stdin });
}

/** Writes a file into a new folder; returns its path. */
export function makeFile(name: string, content: string | Buffer): string {
  const path = join(makeFolder(), name);
  writeFileSync(path, content);
  return path;
}
