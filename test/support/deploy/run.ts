import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);
/** The longest step, a build of both images, takes a minute; a hanging program must not block the run. */
const LIMIT_MS = 600_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export type RunOptions = { cwd?: string; env?: Readonly<Record<string, string>> };

/** Runs a program to its end; returns its trimmed stdout. Rejects with all its output if it fails. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  try {
    const { stdout } = await execFileAsync(program, args, {
      ...options,
      env: { ...process.env, ...options.env },
      timeout: LIMIT_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    return stdout.trim();
  } catch (reason) {
    const { stdout = '', stderr = '', code } = reason as { stdout?: string; stderr?: string; code?: unknown };
    throw new Error(`${[program, ...args].join(' ')} ended with ${String(code)}:\n${stdout}${stderr}`);
  }
}

/** Runs a command against the engine in DOCKER_HOST. */
export function docker(...args: readonly string[]): Promise<string> {
  return run('docker', args);
}
