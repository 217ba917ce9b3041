import { readFileSync } from 'node:fs';
import { writePrivateFile } from '../private_file.js';

/** Stores the token of the last log-in to each service. */
export type Credentials = {
  /** `undefined` without an earlier log-in to this service. */
  tokenFor(origin: string): string | undefined;
  /** @throws the system's error when the file cannot be written */
  keep(origin: string, token: string): void;
};

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
      const text = JSON.stringify({ tokens: { ...readTokens(file), [origin]: token } }, null, 2);
      writePrivateFile(file, `${text}\n`);
    },
  };
}
