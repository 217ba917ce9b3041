import { ask, send, withQuery } from '../../shared/http_client.js';
import { readAllPages } from '../shared/api.js';
import type { Specialist } from '../votes/api.js';

/** The API of registers as the page uses it. All functions throw ApiError. */

export const TABLES = ['car_owners', 'violations'] as const;
export type Table = (typeof TABLES)[number];
export type RowFault = { row: number; column: string; code: string; detail: string };
export type UploadOutcome = {
  added: number;
  updated: string[];
  invalid: string[];
  errors: RowFault[];
  /** Of all faults, where `errors` has not all of them. */
  errorCount?: number;
};

export function readSpecialists(signal?: AbortSignal): Promise<Specialist[]> {
  return readAllPages('/managers/specialists', { limit: 1_000 }, signal);
}

export async function verify(username: string): Promise<void> {
  await ask('/managers/verify', { method: 'POST', body: { username } });
}

/** Names of users; for administrators. */
export async function readUserNames(signal?: AbortSignal): Promise<string[]> {
  const { body } = await ask<{ username: string }[]>('/api/v1/users/', signal && { signal });
  return body.map(({ username }) => username);
}

export async function uploadTable(table: Table, file: File, isDryRun: boolean): Promise<UploadOutcome> {
  const form = new FormData();
  form.set('file', file);
  const path = withQuery(`/managers/import/${table}/upload-file`, { dry_run: isDryRun ? 'true' : undefined });
  return (await send(path, { method: 'POST', body: form })).json() as Promise<UploadOutcome>;
}
