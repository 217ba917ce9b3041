import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Stores the token of the last log-in to each service. */
export type Credentials = {
  /** `undefined` without an earlier log-in to this service. */
  tokenFor(origin: string): string | undefined;
  /** @throws the system's error when the file cannot be written */
  keep(origin: string, token: string): void;
};

/** Path of the file with the tokens, by the XDG Base Directory Specification. */
export function credentialsFile(configHome: string | undefined, home: string): string {
  // The specification requires that relative paths be ignored.
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
      // A new file replaces the old one, so that its mode is always 0600.
      const written = `${file}.${process.pid}`;
      writeFileSync(written, `${text}\n`, { mode: 0o600 });
      renameSync(written, file);
    },
  };
}
