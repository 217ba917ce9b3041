import { ask } from '../shared/http_client.js';
import { pathSegment } from '../shared/path_segment.js';

/** The users' API as the page uses it. All functions throw ApiError. */

export const ROLES = ['user', 'operator', 'specialist', 'manager', 'admin', 'reader', 'supplier'] as const;
export type Role = (typeof ROLES)[number];
export type User = { username: string; roles: Role[]; enabled: boolean; created_at: string };
export type NewUser = { username: string; password?: string; roles: readonly Role[] };
export type Token = {
  id: number;
  name: string;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
};
/** With the text of the token, which is shown once. */
export type ShownToken = Pick<Token, 'id' | 'name' | 'expires_at'> & { token: string };

const DAY_S = 86_400;
const USERS = '/api/v1/users/';
const TOKENS = '/api/v1/tokens/';

function userPath(username: string): string {
  return `${USERS}${pathSegment(username)}`;
}

export async function readUsers(signal?: AbortSignal): Promise<User[]> {
  return (await ask<User[]>(USERS, signal && { signal })).body;
}

export async function addUser(user: NewUser): Promise<void> {
  await ask(USERS, { method: 'POST', body: user });
}

export async function changeUser(
  username: string,
  changes: { roles: readonly Role[]; enabled: boolean },
): Promise<void> {
  await ask(userPath(username), { method: 'PATCH', body: changes });
}

export async function removeUser(username: string): Promise<void> {
  await ask(userPath(username), { method: 'DELETE' });
}

export async function readTokens(signal?: AbortSignal): Promise<Token[]> {
  return (await ask<Token[]>(TOKENS, signal && { signal })).body;
}

/** A token for a user, or for oneself. */
export async function makeToken(
  username: string | undefined,
  { name, days }: { name: string; days: number | undefined },
): Promise<ShownToken> {
  const path = username === undefined ? TOKENS : `${userPath(username)}/tokens/`;
  const body = { name, ...(days !== undefined && { expires_in_s: days * DAY_S }) };
  return (await ask<ShownToken>(path, { method: 'POST', body })).body;
}

export async function endToken(id: number): Promise<void> {
  await ask(`${TOKENS}${id}`, { method: 'DELETE' });
}

export async function endAllTokens(): Promise<void> {
  await ask(TOKENS, { method: 'DELETE' });
}

/** `old` is empty where there is no password yet. */
export async function changePassword(old: string, next: string): Promise<void> {
  await ask('/api/v1/password', { method: 'POST', body: { ...(old !== '' && { old }), new: next } });
}
