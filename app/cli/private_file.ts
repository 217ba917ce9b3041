import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Path of a file of Svodka's programs, by the XDG Base Directory Specification. */
export function configFile(name: string, configHome: string | undefined, home: string): string {
  // The specification requires that relative paths be ignored.
  const base = configHome?.startsWith('/') ? configHome : join(home, '.config');
  return join(base, 'svodka', name);
}

/**
 * Writes a file that only its owner may read, whole or not at all. A new file replaces the old one, so that its mode is
 * always 0600. @throws the system's error
 */
export function writePrivateFile(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const written = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(written, text, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(written, file);
  } catch (reason) {
    rmSync(written, { force: true });
    throw reason;
  }
}
