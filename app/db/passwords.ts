import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Files in the data folder. */
export const PASSWORD_FILES = { application: 'password', executor: 'executor-password' } as const;
const PASSWORD_BYTES = 24;
const FORM = /^[\w-]{32}$/;

/** A password that was kept; undefined when there is none. */
export function readKeptPassword(path: string): string | undefined {
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
 * A password of the embedded Tarantool: random, made once and kept in the data folder, whose owner alone may read it.
 * A new one at each start would have to be written to the database's log, which a full disk does not allow.
 */
export function keptPassword(dataDir: string, whose: keyof typeof PASSWORD_FILES): string {
  const path = join(dataDir, PASSWORD_FILES[whose]);
  const kept = readKeptPassword(path);
  if (kept !== undefined) return kept;
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  write(path, password);
  return password;
}

/** As tarantool/process/settings.lua has them, with the reason. */
const DERIVATION_SALT = 'svodka executor';
const DERIVATION_ROUNDS = 10_000;
const DERIVATION_BYTES = 24;

/**
 * The password of the executors' database user where none is set: both sides make the same one of the application's,
 * which cannot be found from it. Takes some 5 ms.
 */
export function deriveExecutorPassword(applicationPassword: string): string {
  return pbkdf2Sync(applicationPassword, DERIVATION_SALT, DERIVATION_ROUNDS, DERIVATION_BYTES, 'sha256').toString(
    'base64url',
  );
}
