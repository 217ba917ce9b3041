import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where the token of the last log-in to a service is kept. */
export type Credentials = {
  /** Undefined when there was no log-in to this service. */
  tokenFor(origin: string): string | undefined;
  /** @throws the error of the system when the file cannot be written */
  keep(origin: string, token: string): void;
};

/** The file of the token, by the XDG Base Directory Specification. */
export function credentialsFile(configHome: string | undefined, home: string): string {
  // The specification: a path that is not absolute is ignored.
  const base = configHome?.startsWith('/') ? configHome : join(home, '.config');
  return join(base, 'svodka', 'client_app.json');
}

function readTokens(file: string): Record<string, string> {
  try {
    const { tokens } = JSON.parse(readFileSync(file, 'utf8')) as { tokens?: Record<string, string> };
    return tokens ?? {};
  } catch {
    return {};
  }
}

export function createCredentials(file: string): Credentials {
  return {
    tokenFor: (origin) => readTokens(file)[origin],
    keep(origin, token) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      const text = JSON.stringify({ tokens: { ...readTokens(file), [origin]: token } }, null, 2);
      // A new file in place of the old one: a file that others may read does not stay so.
      const written = `${file}.${process.pid}`;
      writeFileSync(written, `${text}\n`, { mode: 0o600 });
      renameSync(written, file);
    },
  };
}
