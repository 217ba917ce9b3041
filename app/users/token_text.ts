import { createHash, randomBytes } from 'node:crypto';

/** 160 bits, the length of the predecessor's tokens. */
const TOKEN_BYTES = 20;
const TOKEN_PATTERN = /^[0-9a-f]{40}$/;
/** RFC 9110 11.1: the scheme in any case. */
const SCHEME_PATTERN = /^(?:token|bearer)(?: |$)/i;
const AUTHORIZATION_PATTERN = /^(?:token|bearer) +([^ ]+)$/i;

export function isToken(text: string): boolean {
  return TOKEN_PATTERN.test(text);
}

/** Whether the header Authorization is meant to be a token: that of a proxy, `Basic ...`, says nothing about a user. */
export function isTokenScheme(authorization: string): boolean {
  return SCHEME_PATTERN.test(authorization);
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** A new token, shown once, and what is stored of it. */
export function makeToken(): { token: string; hash: string } {
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  return { token, hash: hashToken(token) };
}

/** The token in the header Authorization; undefined when nothing in it can be one of ours. */
export function tokenFrom(authorization: string): string | undefined {
  const token = AUTHORIZATION_PATTERN.exec(authorization)?.[1];
  return token !== undefined && isToken(token) ? token : undefined;
}
