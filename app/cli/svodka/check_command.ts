import { setTimeout as sleep } from 'node:timers/promises';
import type { WriteStream } from 'node:tty';
import cliProgress from 'cli-progress';
import type { Check, Difference } from '../../census/checks/service.js';
import { type Answer, type Api, createApi, problemOf } from '../api.js';
import { CommandError, EXIT, type ExitCode } from '../command_error.js';
import { LostError, shownUrl } from '../connection.js';
import { isRetryable, MAX_RETRIES, pauseBeforeMs } from '../retries.js';
import { fittedTable } from '../terminal/fitted_table.js';
import { counted, countText, durationText, harmless } from '../terminal/plain_text.js';
import { toImportState } from './import_events.js';
import { type Output, writeJsonLine } from './refusal.js';

export type CheckOptions = {
  /** `undefined`: all published imports. */
  importId: number | undefined;
  url: URL;
  token: string | undefined;
  asJson: boolean;
};

type CheckStreams = { stdout: Output; stderr: Pick<WriteStream, 'write'> & { isTTY?: boolean } };

const HEAD = ['import', 'kind', 'town', 'birth date', 'gender', 'month', 'giver', 'counted minus kept'];

function toRow(importId: number, difference: Difference): unknown[] {
  const { kind, town, birth_date, gender, month, citizen_id, difference: by } = difference;
  const shownTown = town === '' ? '(all towns)' : town;
  const shownBy = by === 0 ? 'the block is out of order' : by;
  return [importId, kind, shownTown, birth_date, gender, month, citizen_id, shownBy];
}

function dataOf<Data>(answer: Answer): Data | undefined {
  return (answer.content as { data?: Data } | undefined)?.data;
}

type Connection = { api: Api; url: URL; signal: AbortSignal };

/** Repeats the request while the answer is a temporary failure. @throws CommandError when no retry is left */
async function askWithRetries({ api, url, signal }: Connection, method: 'GET' | 'POST', path: string): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    let failure: { text: string; retryAfter?: string | undefined };
    try {
      const answer = await api.ask(method, path);
      const { code, detail = 'the answer is not one of Svodka' } = problemOf(answer);
      if (!isRetryable(answer.status, code)) return answer;
      failure = { text: `answered ${answer.status}: ${detail}`, retryAfter: answer.headers['retry-after'] };
    } catch (reason) {
      if (!(reason instanceof LostError) || signal.aborted) throw reason;
      failure = { text: `does not answer (${reason.reason})` };
      if (!reason.wasConnected) tries = MAX_RETRIES + 1;
    }
    if (tries > MAX_RETRIES) throw new CommandError(EXIT.notChecked, `${shownUrl(url)} ${failure.text}.`);
    await sleep(pauseBeforeMs(tries, failure.retryAfter), undefined, { signal });
  }
}

/** The `data` of a successful answer. @throws CommandError for a refusal, or an answer that is not from Svodka */
function required<Data>(answer: Answer, url: URL): Data {
  const data = answer.status === 200 ? dataOf<Data>(answer) : undefined;
  if (data !== undefined) return data;
  const { code, detail } = problemOf(answer);
  const text = code === undefined ? `${shownUrl(url)} is not Svodka: it answered ${answer.status}` : detail;
  throw new CommandError(EXIT.notChecked, `Not checked: ${text}${code === undefined ? '.' : ` (${code})`}`);
}

/** The ids of all published imports, oldest first. */
async function publishedIds(connection: Connection): Promise<number[]> {
  const ids: number[] = [];
  let cursor: string | undefined;
  do {
    const path = `/imports?limit=1000${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const answer = await askWithRetries(connection, 'GET', path);
    for (const each of required<unknown[]>(answer, connection.url)) {
      const state = toImportState(each);
      if (state?.isPublished) ids.unshift(state.importId);
    }
    const { next_cursor: next } = answer.content as { next_cursor?: unknown };
    cursor = typeof next === 'string' ? next : undefined;
  } while (cursor !== undefined);
  return ids;
}

/** A progress bar; `undefined` when stderr is not a terminal. */
function createBar(stderr: CheckStreams['stderr'], total: number) {
  if (!stderr.isTTY || total === 0) return undefined;
  const bar = new cliProgress.SingleBar({
    stream: stderr as WriteStream,
    clearOnComplete: true,
    gracefulExit: false,
    barsize: 24,
    format: '[{bar}] {value} of {total} imports, {citizens} citizens counted',
  });
  bar.start(total, 0, { citizens: '0' });
  return bar;
}

function writeCheck(check: Check, { asJson }: CheckOptions, stdout: Output): void {
  if (asJson) writeJsonLine(stdout, JSON.stringify(check));
  if (asJson || check.wrong_counts === 0) return;
  const rows = check.differences.map((difference) => toRow(check.import_id, difference));
  stdout.write(`${fittedTable(HEAD, rows, stdout.columns)}\n`);
  const listedCount = check.differences.length;
  const rest = listedCount < check.wrong_counts ? `, of which the first ${countText(listedCount)} are above` : '';
  stdout.write(`import ${check.import_id}: ${counted(check.wrong_counts, 'wrong count')}${rest}\n`);
}

/** What POST /votes/check answers. Differences name the first wrong field of a specialist; wallets in millionths. */
type VoteCheck = {
  specialists: number;
  votes: number;
  differing: number;
  differences: { user_id: number; field: string; kept: number; counted: number }[];
};

const VOTE_HEAD = ['specialist', 'field', 'kept', 'counted'];
/** Of a service without the wing `traffic`, or to a token that is no manager's. */
const NOT_OURS: readonly number[] = [401, 403, 404];

/** Checks wallets and records of specialists. Returns how many are wrong; 0 where this token cannot check them. */
async function checkVotes(connection: Connection, { asJson }: CheckOptions, stdout: Output): Promise<number> {
  const answer = await askWithRetries(connection, 'POST', '/votes/check');
  if (NOT_OURS.includes(answer.status)) return 0;
  const check = required<VoteCheck>(answer, connection.url);
  if (check.specialists === 0) return 0;
  if (asJson) {
    writeJsonLine(stdout, JSON.stringify(check));
    return check.differing;
  }
  if (check.differing > 0) {
    const rows = check.differences.map(({ user_id, field, kept, counted: found }) => [user_id, field, kept, found]);
    stdout.write(`${fittedTable(VOTE_HEAD, rows, stdout.columns)}\n`);
  }
  const verdict = check.differing === 0 ? 'all agree' : `${counted(check.differing, 'specialist')} wrong`;
  const what = `${counted(check.specialists, 'specialist')}, ${counted(check.votes, 'vote')}`;
  stdout.write(`${harmless(`${what}: ${verdict}`)}\n`);
  return check.differing;
}

async function run(options: CheckOptions, { stdout, stderr }: CheckStreams, signal: AbortSignal): Promise<ExitCode> {
  const { url, importId } = options;
  const connection: Connection = { api: createApi(url, signal, options.token), url, signal };
  const startedAt = performance.now();
  const ids = importId === undefined ? await publishedIds(connection) : [importId];
  const bar = createBar(stderr, ids.length);
  const sum = { imports: 0, citizens: 0, counts: 0, wrongCounts: 0 };
  try {
    for (const id of ids) {
      const answer = await askWithRetries(connection, 'POST', `/imports/${id}/check`);
      bar?.increment();
      // The import was deleted after it was listed.
      if (answer.status === 404 && importId === undefined) continue;
      const check = required<Check>(answer, url);
      sum.imports++;
      sum.citizens += check.citizens;
      sum.counts += check.counts;
      sum.wrongCounts += check.wrong_counts;
      bar?.update({ citizens: countText(sum.citizens) });
      writeCheck(check, options, stdout);
    }
  } finally {
    bar?.stop();
  }
  const wrongSpecialists = importId === undefined ? await checkVotes(connection, options, stdout) : 0;
  const took = durationText(performance.now() - startedAt);
  const what = `${counted(sum.imports, 'import')}, ${counted(sum.citizens, 'citizen')}, ${counted(sum.counts, 'count')}`;
  const verdict = sum.wrongCounts === 0 ? 'all agree' : `${countText(sum.wrongCounts)} wrong`;
  (options.asJson ? stderr : stdout).write(`${harmless(`${what}: ${verdict}, in ${took}`)}\n`);
  return sum.wrongCounts + wrongSpecialists === 0 ? EXIT.success : EXIT.differs;
}

/**
 * Asks the service to recount the imports, one after another, and the votes of specialists, and writes the differences to
 * stdout.
 * `signal` stops the command; its reason becomes the exit code. @throws CommandError
 */
export async function checkImports(
  options: CheckOptions,
  streams: CheckStreams,
  signal: AbortSignal,
): Promise<ExitCode> {
  try {
    return await run(options, streams, signal);
  } catch (reason) {
    if (!signal.aborted) throw reason;
    throw new CommandError(signal.reason as ExitCode, 'Stopped; the rest was not checked.');
  }
}
