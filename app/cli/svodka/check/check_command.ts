import type { WriteStream } from 'node:tty';
import cliProgress from 'cli-progress';
import type { Check, Difference } from '../../../census/checks/service.js';
import { createApi } from '../../api.js';
import { CommandError, EXIT, type ExitCode } from '../../command_error.js';
import { fittedTable } from '../../terminal/fitted_table.js';
import { counted, countText, durationText, harmless } from '../../terminal/plain_text.js';
import { toImportState } from '../import_events.js';
import { type Output, writeJsonLine } from '../refusal.js';
import { askWithRetries, type Connection, required } from './asking.js';
import { checkBuckets } from './bucket_check.js';
import { createComparing, createSaving, type Mismatch } from './saved_checks.js';
import { checkTraffic } from './traffic_checks.js';

export type CheckOptions = {
  /** `undefined`: all published imports. */
  importId: number | undefined;
  url: URL;
  token: string | undefined;
  asJson: boolean;
  /** A file that ids, versions and digests of all imports are written to. */
  saveTo: string | undefined;
  /** A file that they are compared with. */
  against: string | undefined;
};

type CheckStreams = { stdout: Output; stderr: Pick<WriteStream, 'write'> & { isTTY?: boolean } };

const HEAD = ['import', 'kind', 'town', 'birth date', 'gender', 'month', 'giver', 'counted minus kept'];

function toRow(importId: number, difference: Difference): unknown[] {
  const { kind, town, birth_date, gender, month, citizen_id, difference: by } = difference;
  const shownTown = town === '' ? '(all towns)' : town;
  const shownBy = by === 0 ? 'the block is out of order' : by;
  return [importId, kind, shownTown, birth_date, gender, month, citizen_id, shownBy];
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

type Sum = { imports: number; citizens: number; counts: number; wrongCounts: number };

/** Checks the imports; calls `found` for each. */
async function checkEach(
  connection: Connection,
  { importId, saveTo, against }: CheckOptions,
  stderr: CheckStreams['stderr'],
  found: (check: Check) => void,
): Promise<Sum> {
  const ids = importId === undefined ? await publishedIds(connection) : [importId];
  const bar = createBar(stderr, ids.length);
  const sum: Sum = { imports: 0, citizens: 0, counts: 0, wrongCounts: 0 };
  const query = saveTo === undefined && against === undefined ? '' : '?digest=true';
  try {
    for (const id of ids) {
      const answer = await askWithRetries(connection, 'POST', `/imports/${id}/check${query}`);
      bar?.increment();
      // The import was deleted after it was listed.
      if (answer.status === 404 && importId === undefined) continue;
      const check = required<Check>(answer, connection.url);
      sum.imports++;
      sum.citizens += check.citizens;
      sum.counts += check.counts;
      sum.wrongCounts += check.wrong_counts;
      bar?.update({ citizens: countText(sum.citizens) });
      found(check);
    }
  } finally {
    bar?.stop();
  }
  return sum;
}

function writeMismatches(mismatches: readonly Mismatch[], { asJson }: CheckOptions, stdout: Output): void {
  if (asJson) for (const mismatch of mismatches) writeJsonLine(stdout, JSON.stringify(mismatch));
  if (asJson || mismatches.length === 0) return;
  const rows = mismatches.map(({ importId, what, saved, now }) => [importId, what, saved, now]);
  stdout.write(`${fittedTable(['import', 'what', 'saved', 'now'], rows, stdout.columns)}\n`);
}

async function run(options: CheckOptions, { stdout, stderr }: CheckStreams, signal: AbortSignal): Promise<ExitCode> {
  const { url, importId, saveTo, against } = options;
  const connection: Connection = { api: createApi(url, signal, options.token), url, signal };
  const startedAt = performance.now();
  const saving = saveTo === undefined ? undefined : createSaving(saveTo);
  const comparing = against === undefined ? undefined : await createComparing(against);
  const mismatches: Mismatch[] = [];
  const sum = await checkEach(connection, options, stderr, (check) => {
    writeCheck(check, options, stdout);
    saving?.add(check);
    mismatches.push(...(comparing?.compare(check) ?? []));
  });
  await saving?.finish();
  if (importId === undefined) mismatches.push(...(comparing?.missing() ?? []));
  writeMismatches(mismatches, options, stdout);
  let wrongElsewhere = 0;
  if (importId === undefined) {
    wrongElsewhere += await checkBuckets(connection, options, stdout);
    wrongElsewhere += await checkTraffic(connection, options, { stdout, stderr });
  }
  const took = durationText(performance.now() - startedAt);
  const what = `${counted(sum.imports, 'import')}, ${counted(sum.citizens, 'citizen')}, ${counted(sum.counts, 'count')}`;
  const verdict = sum.wrongCounts === 0 ? 'all agree' : `${countText(sum.wrongCounts)} wrong`;
  const compared = comparing === undefined ? '' : `, ${counted(mismatches.length, 'difference')} from ${against}`;
  (options.asJson ? stderr : stdout).write(`${harmless(`${what}: ${verdict}${compared}, in ${took}`)}\n`);
  return sum.wrongCounts + wrongElsewhere + mismatches.length === 0 ? EXIT.success : EXIT.differs;
}

/**
 * Asks the service to recount the imports, one after another, the cases and the votes of specialists, and writes the
 * differences to stdout.
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
