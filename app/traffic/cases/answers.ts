import { toTimestamp } from '../../calendar.js';
import type { FlatRows, FlatValue } from '../../http/answers/write_rows.js';
import type { WholeCase } from './service.js';

const NO_VOTES = { justify: 0, convict: 0, list: [] };

/** Members of a case that CSV has too, in the order of JSON. */
function plainMembers(found: WholeCase) {
  return {
    case_id: found.caseId,
    transport: found.transport,
    camera_id: found.cameraId,
    violation_id: found.violationId,
    violation_value: found.violationValue,
    skill_value: found.skillValue,
    timestamp: toTimestamp(found.timestamp),
    status: found.status,
    status_at: toTimestamp(found.statusAt),
    created_at: toTimestamp(found.createdAt),
    type: found.type,
    version: found.version,
  };
}

/** Moments as text, as everywhere in a case. */
function toVotesAnswer({ list, ...counts }: NonNullable<WholeCase['votes']>): object {
  const votes = (list as { at: number }[]).map(({ at, ...vote }) => ({ ...vote, at: toTimestamp(at) }));
  return { ...counts, list: votes };
}

export function toCaseAnswer(found: WholeCase): object {
  const { photo, owner, votes } = found;
  return { ...plainMembers(found), photo, owner, votes: votes === null ? NO_VOTES : toVotesAnswer(votes) };
}

const PHOTO_COLUMNS = ['sha256', 'bytes', 'type'] as const;
const OWNER_COLUMNS = ['car_number', 'phone_number', 'email', 'tg', 'vk'] as const;
const VOTE_COLUMNS = ['justify', 'convict'] as const;

function flat(value: unknown): FlatValue {
  return typeof value === 'string' || typeof value === 'number' ? value : null;
}

/** Cases as rows of CSV: the names of JSON, and those of nested members behind a dot. */
export function toCaseRows(cases: readonly WholeCase[]): FlatRows {
  const nested = (name: string, columns: readonly string[]) => columns.map((column) => `${name}.${column}`);
  return {
    columns: [
      ...['case_id', 'transport', 'camera_id', 'violation_id', 'violation_value', 'skill_value', 'timestamp'],
      ...['status', 'status_at', 'created_at', 'type', 'version'],
      ...nested('photo', PHOTO_COLUMNS),
      ...nested('owner', OWNER_COLUMNS),
      ...nested('votes', VOTE_COLUMNS),
    ],
    rows: cases.map((found) => [
      ...Object.values(plainMembers(found)),
      ...PHOTO_COLUMNS.map((column) => found.photo[column]),
      ...OWNER_COLUMNS.map((column) => flat(found.owner?.[column])),
      ...VOTE_COLUMNS.map((column) => flat((found.votes ?? NO_VOTES)[column])),
    ]),
  };
}
