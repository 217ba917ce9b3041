import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createApi } from './api.js';
import { CommandError, EXIT } from './command_error.js';

type TokenSources = {
  /** Given by the user, such as the value of SVODKA_TOKEN. */
  given: string | undefined;
  /** Value of SVODKA_DATA_DIR. */
  dataDir: string | undefined;
};

const TOKEN_PATTERN = /^[0-9a-f]{40}$/i;

function isThisMachine({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function readAdminToken(dataDir: string): string | undefined {
  try {
    const token = readFileSync(join(dataDir, 'admin-token'), 'utf8').trim();
    return TOKEN_PATTERN.test(token) ? token : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The token for the service at `url`: the one given, or the first administrator's token in the data folder. The latter
 * is sent only to this machine, and is used only if the service accepts it: the service may use another data folder.
 * `undefined` when there is none. @throws CommandError when the one given is not a token
 */
export async function findToken(
  url: URL,
  { given, dataDir }: TokenSources,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (given !== undefined && given !== '') {
    if (TOKEN_PATTERN.test(given)) return given;
    throw new CommandError(
      EXIT.usage,
      'A token has 40 hexadecimal digits; the one given (--token, SVODKA_TOKEN, config file) has not.',
    );
  }
  const adminToken = isThisMachine(url) ? readAdminToken(dataDir || 'data') : undefined;
  if (adminToken === undefined) return undefined;
  try {
    const { status } = await createApi(url, signal, adminToken).ask('GET', '/api/v1/me');
    return status === 401 ? undefined : adminToken;
  } catch {
    // The command will fail in the same way and report it.
    return undefined;
  }
}
