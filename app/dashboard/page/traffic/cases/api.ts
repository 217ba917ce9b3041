import { ask, send, withQuery } from '../../shared/http_client.js';
import { type Page, readAllPages, readPage } from '../shared/api.js';

/** The API of cases as the page uses it. All functions throw ApiError. */

export const STATUSES = ['initiated', 'extended', 'justified', 'convicted'] as const;
export type CaseStatus = (typeof STATUSES)[number];
export const CONTACTS = ['phone_number', 'email', 'tg', 'vk'] as const;
export type Owner = Readonly<Record<(typeof CONTACTS)[number], string | null>>;
export type CastVote = { username: string; vote: 'justify' | 'convict'; level: number; at: string };
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

/** Days as YYYY-MM-DD, of UTC; both belong to the time. Empty: no bound. */
type Days = { from: string; to: string };
export const CASE_FILTERS = ['status', 'transport', 'camera', 'violation', 'from', 'to'] as const;
export type CaseFilters = Readonly<Record<(typeof CASE_FILTERS)[number], string>>;

export const FORMATS = ['xlsx', 'csv', 'json'] as const;
export type Format = (typeof FORMATS)[number];

const ACCEPT_OF: Readonly<Record<Exclude<Format, 'json'>, string>> = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv',
};
const CONVICTED = '/cases/convicted';
const PAGE_ROWS = 50;
const CONVICTED_ROWS = 500;
const VIOLATION_ROWS = 1_000;
const DAY_MS = 86_400_000;

/** The parameters of a time whose last day is one of it. A text that is no day is for the service to refuse. */
function timeOf({ from, to }: Days): { from: string; to: string } {
  const end = Date.parse(`${to}T00:00:00Z`) + DAY_MS;
  return { from, to: Number.isNaN(end) ? to : new Date(end).toISOString() };
}

export function readCases(filters: CaseFilters, cursor: string, signal?: AbortSignal): Promise<Page<Case>> {
  return readPage('/cases', { ...filters, ...timeOf(filters), cursor, limit: PAGE_ROWS }, signal);
}

/** All kinds of violations. */
export function readViolations(signal?: AbortSignal): Promise<Violation[]> {
  return readAllPages('/violations', { limit: VIOLATION_ROWS }, signal);
}

/** A case with all that is known of it. */
export async function readCase(caseId: string, signal?: AbortSignal): Promise<KnownCase> {
  const path = `/cases/${caseId}`;
  const init = signal && { signal };
  const [{ body: found }, { body: history }, photo, violations] = await Promise.all([
    ask<Case>(path, init),
    ask<StatusChange[]>(`${path}/history`, init),
    send(`${path}/photo`, init).then((answer) => answer.blob()),
    readViolations(signal),
  ]);
  return { found, history, photo, violation: violations.find(({ id }) => id === found.violation_id) };
}

/** Convicted cases of a time with the owners' contacts, by the day of the decision. */
export async function readConvicted(format: Format, days: Days): Promise<Blob> {
  const time = timeOf(days);
  if (format === 'json') {
    const rows = await readAllPages<object>(CONVICTED, { ...time, limit: CONVICTED_ROWS });
    return new Blob([JSON.stringify(rows, undefined, 2)], { type: 'application/json' });
  }
  const path = withQuery(CONVICTED, { ...time, ...(format === 'csv' && { for: 'spreadsheet' }) });
  return (await send(path, { headers: { Accept: ACCEPT_OF[format] } })).blob();
}
