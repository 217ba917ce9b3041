import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createApi } from '../api.js';
import { CommandError, EXIT } from '../command_error.js';

type TokenSources = {
  /** Of SVODKA_TOKEN. */
  given: string | undefined;
  /** Of SVODKA_DATA_DIR. */
  dataDir: string | undefined;
};

const TOKEN_PATTERN = /^[0-9a-f]{40}$/i;

function isThisMachine({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function readKept(dataDir: string): string | undefined {
  try {
    const token = readFileSync(join(dataDir, 'admin-token'), 'utf8').trim();
    return TOKEN_PATTERN.test(token) ? token : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The token for the service at `url`: SVODKA_TOKEN, or that of the first administrator in the data folder. The one in the
 * folder goes to this machine alone, and only to a service that knows it: another may have the data of another folder.
 * Undefined when there is none. @throws CommandError when SVODKA_TOKEN is no token
 */
export async function findToken(
  url: URL,
  { given, dataDir }: TokenSources,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (given !== undefined && given !== '') {
    if (TOKEN_PATTERN.test(given)) return given;
    throw new CommandError(EXIT.usage, 'SVODKA_TOKEN must be a token: 40 hexadecimal digits.');
  }
  const kept = isThisMachine(url) ? readKept(dataDir || 'data') : undefined;
  if (kept === undefined) return undefined;
  try {
    const { status } = await createApi(url, signal, kept).ask('GET', '/api/v1/me');
    return status === 401 ? undefined : kept;
  } catch {
    // The command meets the same fault, and says so.
    return undefined;
  }
}
