import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, projectDir } from './folder.js';

export type Ended = { code: number | null; output: string };

/** Starts a program; `env` is its entire environment. */
export function startProgram(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(program, args, { cwd: projectDir, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'close').then(([code]): Ended => ({ code, output }));
  return { ended, output: () => output };
}

/** Runs a program to its end; `env` is its entire environment. */
export function runToEnd(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return startProgram(program, args, env).ended;
}

/** Writes an executable shell script and returns its path. */
export function makeScript(name: string, lines: readonly string[], folder = makeFolder()): string {
  const path = join(folder, name);
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(path, 0o755);
  return path;
}
