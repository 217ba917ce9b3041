import { fittedTable } from '../../terminal/fitted_table.js';
import { counted, harmless } from '../../terminal/plain_text.js';
import { type Output, writeJsonLine } from '../refusal.js';
import { askWithRetries, type Connection, required } from './asking.js';

/** What POST /votes/check answers. Differences name the first wrong field of a specialist; wallets in millionths. */
type VoteCheck = {
  specialists: number;
  votes: number;
  differing: number;
  differences: { user_id: number; field: string; kept: number; counted: number }[];
};

/** What POST /cases/check answers. */
type CaseCheck = {
  cases: number;
  counts: number;
  wrong_counts: number;
  differences: { kind: string; key: string; kept: number; counted: number }[];
};

type Format = { asJson: boolean };
type Streams = { stdout: Output; stderr: Pick<Output, 'write'> };

const VOTE_HEAD = ['specialist', 'field', 'kept', 'counted'];
const CASE_HEAD = ['cases by', 'key', 'kept', 'counted'];
/** To a token that is no manager's, or without one. */
const NOT_ALLOWED: readonly number[] = [401, 403];
/** The wing `traffic` is off. */
const NOT_THERE = 404;

function writeTable(stdout: Output, head: string[], rows: unknown[][]): void {
  if (rows.length > 0) stdout.write(`${fittedTable(head, rows, stdout.columns)}\n`);
}

function writeVoteCheck(check: VoteCheck, { asJson }: Format, stdout: Output): void {
  if (check.specialists === 0) return;
  if (asJson) {
    writeJsonLine(stdout, JSON.stringify(check));
    return;
  }
  const rows = check.differences.map(({ user_id, field, kept, counted: found }) => [user_id, field, kept, found]);
  writeTable(stdout, VOTE_HEAD, rows);
  const verdict = check.differing === 0 ? 'all agree' : `${counted(check.differing, 'specialist')} wrong`;
  const what = `${counted(check.specialists, 'specialist')}, ${counted(check.votes, 'vote')}`;
  stdout.write(`${harmless(`${what}: ${verdict}`)}\n`);
}

function writeCaseCheck(check: CaseCheck, { asJson }: Format, stdout: Output): void {
  if (check.cases === 0 && check.counts === 0) return;
  if (asJson) {
    writeJsonLine(stdout, JSON.stringify(check));
    return;
  }
  const rows = check.differences.map(({ kind, key, kept, counted: found }) => [kind, key, kept, found]);
  writeTable(stdout, CASE_HEAD, rows);
  const verdict = check.wrong_counts === 0 ? 'all agree' : counted(check.wrong_counts, 'wrong count');
  const what = `${counted(check.cases, 'case')}, ${counted(check.counts, 'count')}`;
  stdout.write(`${harmless(`${what}: ${verdict}`)}\n`);
}

/**
 * Checks the statistics of cases, and the wallets and records of specialists. Returns how many are wrong; 0 where the
 * wing is off, and where the token may not check them, which it reports on stderr.
 */
export async function checkTraffic(
  connection: Connection,
  format: Format,
  { stdout, stderr }: Streams,
): Promise<number> {
  const ofCases = await askWithRetries(connection, 'POST', '/cases/check');
  if (ofCases.status === NOT_THERE) return 0;
  if (NOT_ALLOWED.includes(ofCases.status)) {
    stderr.write("Cases and votes were not checked: that needs a manager's token.\n");
    return 0;
  }
  const caseCheck = required<CaseCheck>(ofCases, connection.url);
  writeCaseCheck(caseCheck, format, stdout);
  const voteCheck = required<VoteCheck>(await askWithRetries(connection, 'POST', '/votes/check'), connection.url);
  writeVoteCheck(voteCheck, format, stdout);
  return caseCheck.wrong_counts + voteCheck.differing;
}
