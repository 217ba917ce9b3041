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
export const CONTACTS = ['phone_number', 'email', 'tg', 'vk'] as const;
export type Owner = Readonly<Record<(typeof CONTACTS)[number], string | null>>;
export type CastVote = { username: string; vote: Vote; level: number; at: string };
export type Case = {
  case_id: string;
  transport: string;
  camera_id: string;
  violation_id: string;
  violation_value: string;
  skill_value: number;
  timestamp: string;
  status: CaseStatus;
  created_at: string;
  type: string;
  version: number;
  owner: Owner | null;
  votes: { justify: number; convict: number; list: CastVote[] };
};
export type StatusChange = { status: CaseStatus; at: string; by: string };
/** `violation`: its kind; undefined if the registers do not have it. */
export type KnownCase = { found: Case; violation: Violation | undefined; photo: Blob; history: StatusChange[] };

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

/** Goes through the pages; there are 1,000 violations on each. */
async function findViolation(id: string, signal?: AbortSignal): Promise<Violation | undefined> {
  let cursor: string | null = '';
  while (cursor !== null) {
    const path = withQuery('/violations', { cursor });
    const { body }: { body: Page<Violation> } = await ask<Page<Violation>>(path, signal && { signal });
    const found = body.data.find((each) => each.id === id);
    if (found !== undefined) return found;
    cursor = body.next_cursor;
  }
  return undefined;
}

/** A case with all that is known of it. */
export async function readCase(caseId: string, signal?: AbortSignal): Promise<KnownCase> {
  const path = `/cases/${caseId}`;
  const init = signal && { signal };
  const [{ body: found }, { body: history }, photo] = await Promise.all([
    ask<Case>(path, init),
    ask<StatusChange[]>(`${path}/history`, init),
    send(`${path}/photo`, init).then((answer) => answer.blob()),
  ]);
  return { found, history, photo, violation: await findViolation(found.violation_id, signal) };
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
