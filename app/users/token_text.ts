import { createHash, randomBytes } from 'node:crypto';

/** 160 bits, as the predecessor's tokens were long. */
const TOKEN_BYTES = 20;
const TOKEN_PATTERN = /^[0-9a-f]{40}$/;
/** RFC 9110 11.1: the scheme in any case. */
const AUTHORIZATION_PATTERN = /^(?:token|bearer) +(\S+)$/i;

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** A new token, shown once, and what is stored of it. */
export function makeToken(): { token: string; hash: string } {
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  return { token, hash: hashToken(token) };
}

/** The token in the header Authorization; undefined when there is none that could be one of ours. */
export function tokenFrom(authorization: string): string | undefined {
  const token = AUTHORIZATION_PATTERN.exec(authorization)?.[1];
  return token !== undefined && TOKEN_PATTERN.test(token) ? token : undefined;
}
