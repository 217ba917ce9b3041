import { ask, send, withQuery } from '../shared/http_client.js';

/** The API of cases, votes and registers as the page uses it. All functions throw ApiError. */

export type HeldCase = {
  case_id: string;
  transport: string;
  violation_type: string | null;
  violation_value: string;
  timestamp: string;
  photo_url: string;
  expires_at: string;
};

export type Specialist = {
  username: string;
  skill: number;
  wallet: number;
  votes: number;
  right: number;
  wrong: number;
  streak: number;
  agreement: number | null;
};

export const STATUSES = ['initiated', 'extended', 'justified', 'convicted'] as const;
export type CaseStatus = (typeof STATUSES)[number];
export type Case = {
  case_id: string;
  transport: string;
  violation_value: string;
  skill_value: number;
  timestamp: string;
  status: CaseStatus;
  owner: { phone_number: string | null; email: string | null } | null;
};

export type Violation = { id: string; violation_type: string; fine: number };

export type Vote = 'justify' | 'convict';

export const TABLES = ['car_owners', 'violations'] as const;
export type Table = (typeof TABLES)[number];
export type UploadOutcome = {
  added: number;
  updated: string[];
  invalid: string[];
  errors: { row: number; column: string; code: string; detail: string }[];
  /** Of all faults, where `errors` has not all of them. */
  errorCount?: number;
};

export type Page<Row> = { data: Row[]; next_cursor: string | null };

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const PAGE_ROWS = 50;

/** The case at hand, with its photo. */
export async function takeCase(signal?: AbortSignal): Promise<{ held: HeldCase; photo: Blob }> {
  const { body: held } = await ask<HeldCase>('/specs/get-case', signal && { signal });
  const photo = await (await send(held.photo_url, signal && { signal })).blob();
  return { held, photo };
}

export async function castVote(vote: Vote): Promise<void> {
  await ask('/specs/vote', { method: 'POST', body: { vote } });
}

export async function readRecord(signal?: AbortSignal): Promise<Specialist> {
  return (await ask<Specialist>('/specs/me', signal && { signal })).body;
}

export async function readSpecialists(signal?: AbortSignal): Promise<Page<Specialist>> {
  return (await ask<Page<Specialist>>('/managers/specialists?limit=1000', signal && { signal })).body;
}

export async function verify(username: string): Promise<void> {
  await ask('/managers/verify', { method: 'POST', body: { username } });
}

export async function readCases(
  query: { status: string; transport: string; cursor: string },
  signal?: AbortSignal,
): Promise<Page<Case>> {
  return (await ask<Page<Case>>(withQuery('/cases', { ...query, limit: PAGE_ROWS }), signal && { signal })).body;
}

export async function readViolations(signal?: AbortSignal): Promise<Page<Violation>> {
  return (await ask<Page<Violation>>('/violations', signal && { signal })).body;
}

export async function uploadTable(table: Table, file: File, isDryRun: boolean): Promise<UploadOutcome> {
  const form = new FormData();
  form.set('file', file);
  const path = withQuery(`/managers/import/${table}/upload-file`, { dry_run: isDryRun ? 'true' : undefined });
  return (await send(path, { method: 'POST', body: form })).json() as Promise<UploadOutcome>;
}

/** Convicted cases with contacts, as a workbook. */
export async function readConvicted(): Promise<Blob> {
  return (await send('/cases/convicted', { headers: { Accept: XLSX } })).blob();
}
