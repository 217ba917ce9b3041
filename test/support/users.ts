import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, request } from './http/http.js';

/** Reads the token that the service wrote on its first start. */
export function readAdminToken(dataDir: string): string {
  return readFileSync(join(dataDir, 'admin-token'), 'utf8').trim();
}

/** A client with a token, or without one. */
export type Caller = {
  token: string | undefined;
  get<Body = unknown>(path: string): Promise<Answer<Body>>;
  /** Sends a JSON body, or none. */
  send<Body = unknown>(method: string, path: string, value?: unknown): Promise<Answer<Body>>;
};

export function callerWith(url: string, token?: string): Caller {
  const authorization = token === undefined ? {} : { Authorization: `Token ${token}` };
  return {
    token,
    get: (path) => request(`${url}${path}`, { headers: authorization }),
    send: (method, path, value) =>
      request(`${url}${path}`, {
        method,
        headers: { ...authorization, ...(value !== undefined && { 'Content-Type': 'application/json' }) },
        ...(value !== undefined && { body: JSON.stringify(value) }),
      }),
  };
}

export const PASSWORD = 'correct horse';

/** Registers a user and logs in. @throws the answer's text if it is refused */
export async function logInAs(url: string, username: string, password = PASSWORD): Promise<Caller> {
  const nobody = callerWith(url);
  const registered = await nobody.send('POST', '/api/v1/registration', { username, password });
  if (registered.status !== 201) throw new Error(`registration: ${registered.text}`);
  return logIn(url, username, password);
}

/** Logs in. @throws the answer's text if it is refused */
export async function logIn(url: string, username: string, password = PASSWORD): Promise<Caller> {
  const answer = await callerWith(url).send<{ token: string }>('POST', '/api-token-auth/', { username, password });
  if (answer.status !== 200) throw new Error(`log-in: ${answer.text}`);
  return callerWith(url, answer.body.token);
}

/** Has an administrator add a user with these roles; returns a token for it. */
export async function addUser(url: string, admin: Caller, username: string, roles: readonly string[]): Promise<Caller> {
  const added = await admin.send('POST', '/api/v1/users/', { username, roles, password: PASSWORD });
  if (added.status !== 201) throw new Error(`a user: ${added.text}`);
  const path = `/api/v1/users/${encodeURIComponent(username)}/tokens/`;
  const issued = await admin.send<{ token: string }>('POST', path, { name: 'test' });
  if (issued.status !== 201) throw new Error(`a token: ${issued.text}`);
  return callerWith(url, issued.body.token);
}
