import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { UsersService } from './service.js';
import { isToken, makeToken } from './token_text.js';

const ADMIN_TOKEN_FILE = 'admin-token';
const FOR_OWNER_ALONE = 0o600;

function readToken(file: string): string | undefined {
  try {
    const token = readFileSync(file, 'utf8').trim();
    return isToken(token) ? token : undefined;
  } catch {
    return undefined;
  }
}

/** A power cut takes no file of the folder any more. */
function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The token in the file, after another one was written if there was none. The file appears whole or not at all, and of
 * two processes that do this at once both answer the token of the one that was first.
 * @throws the error of the system when the folder cannot be written to
 */
function keepToken(file: string): string {
  const { token } = makeToken();
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(draft, `${token}\n`, { mode: FOR_OWNER_ALONE, flag: 'wx', flush: true });
    try {
      linkSync(draft, file);
    } catch (reason) {
      if ((reason as NodeJS.ErrnoException).code !== 'EEXIST') throw reason;
      const kept = readToken(file);
      if (kept !== undefined) return kept;
      renameSync(draft, file);
    }
    flushFolder(dirname(file));
    return token;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Adds the user `admin` when there has never been a user, with a token that stands in the data folder. The file comes
 * first: an administrator whose token nobody knows could never be replaced. Answers the file, or undefined when there
 * are users. @throws the error of the system, ServiceError
 */
export async function addFirstAdmin(
  service: Pick<UsersService, 'hasUsers' | 'addFirstAdmin'>,
  dataDir: string,
): Promise<string | undefined> {
  if (await service.hasUsers()) return undefined;
  const file = join(dataDir, ADMIN_TOKEN_FILE);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const token = keepToken(file);
  return (await service.addFirstAdmin(token)) ? file : undefined;
}
