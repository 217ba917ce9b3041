import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import type { Guard } from './guard.js';
import { preferForOutOfMemory } from './out_of_memory.js';
import { createProcessFamily, type Mark, type ProcessFamily } from './process_family.js';

type MarkedCommand = {
  program: string;
  args: readonly string[];
  stdio: StdioOptions;
  /** All that the child sees, besides the mark. */
  environment: Readonly<Record<string, string>>;
  mark: Mark;
};

/** `family`: the child and all that descends from it, by the mark in their environment. */
type MarkedChild = { child: ChildProcess; pid: number; family: ProcessFamily };

/**
 * Starts a child in a session of its own, which the guard kills with all that has the mark when this process is gone.
 * @throws Error when it cannot be started: ENOENT, EAGAIN ...
 */
export async function startMarkedChild(
  { program, args, stdio, environment, mark }: MarkedCommand,
  guard: Guard,
): Promise<MarkedChild> {
  const child = spawn(program, args, {
    cwd: '/',
    detached: true,
    stdio,
    env: { ...environment, [mark.name]: mark.value },
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  const pid = child.pid as number;
  // What it starts inherits it.
  preferForOutOfMemory(pid);
  guard.add(pid, mark);
  return { child, pid, family: createProcessFamily(pid, mark) };
}
