import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'password';
const PASSWORD_BYTES = 24;
const FORM = /^[\w-]{32}$/;

function read(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return FORM.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

function write(path: string, password: string): void {
  const partial = `${path}.${process.pid}`;
  try {
    const file = openSync(partial, 'wx', 0o600);
    try {
      writeSync(file, password);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(partial, path);
  } catch {
    // It cannot be kept: the next start makes another one.
    rmSync(partial, { force: true });
  }
}

/**
 * The password of the embedded Tarantool: random, made once and kept in the data folder, whose owner alone may read it.
 * A new one at each start would have to be written to the database's log, which a full disk does not allow.
 */
export function keptPassword(dataDir: string): string {
  const path = join(dataDir, FILE);
  const kept = read(path);
  if (kept !== undefined) return kept;
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  write(path, password);
  return password;
}
