import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Mark } from './process_family.js';

const MS_PER_CENTISECOND = 10;

/** A program beside the executor that ends the executor's children when the executor cannot (programs/guard.sh). */
export type Guard = {
  /** A child with its process group has begun. */
  add(groupId: number, mark: Mark): void;
  /** The group has ended. */
  drop(groupId: number): void;
  /** Leases are held: unless this is called again within `patienceMs`, all groups are killed. */
  alive(patienceMs: number): void;
  /** No lease is held: nothing need be told. */
  rest(): void;
  /** Ends the guard; nothing may be running any more. */
  close(): void;
};

type GuardOptions = {
  /** The folder of guard.sh. */
  programsDir: string;
  /** Where bash is looked for: a PATH. */
  searchPath: string;
};

/**
 * @param onLost the guard ended by itself: from now on nothing protects from orphans
 */
export function startGuard({ programsDir, searchPath }: GuardOptions, onLost: (reason: Error) => void): Guard {
  let isClosed = false;
  // A session of its own: what ends the executor's group must not end the guard.
  const child = spawn('bash', [join(programsDir, 'guard.sh')], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: searchPath },
  });
  const lost = (reason: Error) => {
    if (!isClosed) onLost(reason);
  };
  child.once('error', lost);
  child.once('exit', (code, signal) => lost(new Error(`the guard ended (${signal ?? code})`)));
  child.stdin.on('error', () => {});
  const tell = (line: string) => child.stdin.write(`${line}\n`);
  return {
    add: (groupId, mark) => void tell(`add ${groupId} ${mark.name}=${mark.value}`),
    drop: (groupId) => void tell(`drop ${groupId}`),
    alive: (patienceMs) => void tell(`alive ${Math.max(0, Math.floor(patienceMs / MS_PER_CENTISECOND))}`),
    rest: () => void tell('rest'),
    close() {
      isClosed = true;
      child.stdin.end();
    },
  };
}
