import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WriteStream } from 'node:tty';
import type { ImportFormat } from '../../census/imports/service.js';
import { type Answer, type Api, createApi, problemOf } from '../api.js';
import { CommandError, EXIT, type ExitCode } from '../command_error.js';
import { LostError, shownUrl } from '../connection.js';
import { createBar, createLines, type Progress } from '../progress.js';
import { isRetryable, MAX_RETRIES, pauseBeforeMs } from '../retries.js';
import { bytesText, counted, durationText } from '../terminal/plain_text.js';
import type { ImportState } from './import_events.js';
import { type Output, refusalText, writeJsonLine, writeViolations } from './refusal.js';
import { findSource, type ImportSource } from './source.js';

export type ImportOptions = {
  file: string;
  /** `undefined`: derived from the file name. */
  format: ImportFormat | undefined;
  isDryRun: boolean;
  /** Shows each event of the import until it is published. */
  watches: boolean;
  url: URL;
  token: string | undefined;
  /** The Idempotency-Key; `undefined`: a random one. */
  key: string | undefined;
  showsAll: boolean;
  asJson: boolean;
};

type Streams = { stdin: Readable; stdout: Output; stderr: Pick<WriteStream, 'write'> & { isTTY?: boolean } };

/** What the program knows about the outcome of the import. */
type Outcome = {
  /** A whole request was sent, and it has no answer or one that says that the outcome is unknown. */
  mayBeStored: boolean;
  key: string;
};

function outcomeText({ mayBeStored, key }: Outcome): string {
  if (!mayBeStored) return 'Nothing was stored.';
  return `It was sent in full and may be stored. Run the same command with --key '${key}' to be sure: that stores it once.`;
}

function createProgress({ watches }: ImportOptions, { stderr }: Streams): Progress {
  if (stderr.isTTY && !watches) return createBar(stderr as WriteStream);
  return createLines(stderr, { showsEvents: watches });
}

/**
 * Passes the import's events to `progress` as soon as the import has an id, if `isWanted` (on a terminal, or with
 * --watch). `finish` waits for the publication, `stop` does not.
 */
function createWatcher(api: Api, progress: Progress, isWanted: boolean) {
  const stopping = new AbortController();
  let watched: { importId: number; isOver: Promise<void> } | undefined;

  async function follow(importId: number): Promise<void> {
    for await (const event of api.events(importId, stopping.signal)) {
      progress.event(event);
      if (event.name === 'gone' || event.state.isPublished) return;
    }
  }
  const begin = (importId: number) => {
    // A retry is staged under a new id, and the import of the earlier try no longer exists.
    if (isWanted && watched?.importId !== importId) watched = { importId, isOver: follow(importId) };
  };
  return {
    begin,
    async finish(importId: number) {
      begin(importId);
      await watched?.isOver;
    },
    stop: () => stopping.abort(),
  };
}

/** One run of the command; `outcome` is updated while it runs. */
type ImportRun = {
  options: ImportOptions;
  source: ImportSource;
  outcome: Outcome;
  streams: Streams;
  signal: AbortSignal;
};

type SendParts = Omit<ImportRun, 'streams'> & { api: Api; progress: Progress; onStaged(importId: number): void };

/** Sends the import again while the answer is a temporary failure. @throws CommandError when no retry is left */
async function sendWithRetries(parts: SendParts): Promise<{ answer: Answer; tries: number }> {
  const { api, source, options, outcome, progress, onStaged, signal } = parts;
  const where = shownUrl(options.url);
  let wasReached = false;
  for (let tries = 1; ; tries++) {
    const mayBeStoredBefore = outcome.mayBeStored;
    let failure: { text: string; retryAfter?: string | undefined };
    try {
      progress.begin(source.sizeBytes);
      const answer = await api.send({
        source,
        isDryRun: options.isDryRun,
        key: outcome.key,
        onSent: progress.sent,
        onFullySent() {
          outcome.mayBeStored = mayBeStoredBefore || !options.isDryRun;
          progress.fullySent();
        },
        onStaged,
      });
      wasReached = true;
      const { code, detail = 'the answer is not one of Svodka' } = problemOf(answer);
      if (!isRetryable(answer.status, code)) return { answer, tries };
      // This try stored nothing; whether an earlier one did remains unknown.
      if (code !== undefined && code !== 'OUTCOME_UNKNOWN') outcome.mayBeStored = mayBeStoredBefore;
      failure = {
        text: `${where} answered ${answer.status}: ${detail}${code === undefined ? '' : ` (${code})`}`,
        retryAfter: answer.headers['retry-after'],
      };
    } catch (reason) {
      if (!(reason instanceof LostError) || signal.aborted) throw reason;
      if (!reason.wasConnected && !wasReached) {
        throw new CommandError(
          EXIT.unavailable,
          `Svodka does not answer at ${where} (${reason.reason}). Nothing was stored.\n` +
            'Is it running? npm start runs it; --url or SVODKA_URL name another address.',
        );
      }
      wasReached = true;
      failure = { text: `The connection to ${where} was lost (${reason.reason})` };
    }
    if (!source.isRepeatable || tries > MAX_RETRIES) {
      const why = source.isRepeatable ? `and that after ${tries} tries` : `and ${source.name} cannot be read again`;
      throw new CommandError(EXIT.unavailable, `${failure.text}, ${why}. ${outcomeText(outcome)}`);
    }
    const pauseMs = pauseBeforeMs(tries, failure.retryAfter);
    progress.note(`${failure.text}; trying again in ${(pauseMs / 1000).toFixed(1)} s (${tries} of ${MAX_RETRIES})`);
    await sleep(pauseMs, undefined, { signal });
  }
}

function storedText(importId: number, state: ImportState | undefined, isReplay: boolean, tookMs: number): string {
  const citizens = state === undefined ? 'stored' : counted(state.citizenCount, 'citizen');
  return isReplay
    ? `import ${importId}: ${citizens}, stored before with this key`
    : `import ${importId}: ${citizens} in ${durationText(tookMs)}`;
}

/** The `data` of an answer. @throws CommandError when the answer is not from Svodka */
function dataOf(answer: Answer, url: URL): Record<string, unknown> {
  const data = (answer.content as { data?: unknown } | undefined)?.data;
  if (typeof data === 'object' && data !== null) return data as Record<string, unknown>;
  throw new CommandError(
    EXIT.unavailable,
    `What answers at ${shownUrl(url)} does not seem to be Svodka: status ${answer.status}.`,
  );
}

async function refuse(answer: Answer, options: ImportOptions, { stdout, stderr }: Streams): Promise<ExitCode> {
  if (answer.report !== undefined) {
    const announcedCount = Number(answer.headers['x-error-count']);
    const { shownCount, receivedCount } = await writeViolations(answer.report, options, stdout).catch(() => {
      throw new CommandError(
        EXIT.refused,
        'Refused. The connection was lost while the reasons came. Nothing was stored.',
      );
    });
    if (!options.asJson) stderr.write(`${refusalText(Math.max(announcedCount || 0, receivedCount), shownCount)}\n`);
    return EXIT.refused;
  }
  const { code, detail } = problemOf(answer);
  if (code === undefined) dataOf({ ...answer, content: undefined }, options.url);
  if (options.asJson) writeJsonLine(stdout, JSON.stringify(answer.content));
  throw new CommandError(
    answer.status >= 500 ? EXIT.unavailable : EXIT.refused,
    `${answer.status >= 500 ? 'Failed' : 'Refused'}: ${detail ?? ''} (${code})`,
  );
}

/**
 * Imports a file and writes the result to stdout, everything else to stderr.
 * @throws CommandError; once `signal` is aborted, errors of any kind
 */
async function run({ options, source, outcome, streams, signal }: ImportRun): Promise<ExitCode> {
  const { stdout, stderr } = streams;
  const api = createApi(options.url, signal, options.token);
  const progress = createProgress(options, streams);
  const watcher = createWatcher(api, progress, options.watches || stderr.isTTY === true);
  const size = source.sizeBytes === undefined ? '' : `, ${bytesText(source.sizeBytes)},`;
  const startedAt = performance.now();
  try {
    if (!stderr.isTTY) progress.note(`sending ${source.name}${size} to ${shownUrl(options.url)}`);
    const { answer, tries } = await sendWithRetries({
      options,
      source,
      outcome,
      signal,
      api,
      progress,
      onStaged: watcher.begin,
    });
    const tookMs = performance.now() - startedAt;
    // The answer, whatever it is, settles the outcome for this key.
    outcome.mayBeStored = false;
    if (answer.status !== 200 && answer.status !== 201) {
      progress.end();
      return await refuse(answer, options, streams);
    }
    const data = dataOf(answer, options.url);
    if (options.isDryRun) {
      progress.end();
      const [citizens, bytes] = [Number(data['citizens']), Number(data['bytes'])];
      if (options.asJson) writeJsonLine(stdout, JSON.stringify(data));
      else {
        const checked = `${counted(citizens, 'citizen')}, ${bytesText(bytes)}, checked in ${durationText(tookMs)}`;
        stdout.write(`dry run: ${checked}: all is well, and nothing was stored\n`);
      }
      return EXIT.success;
    }
    const importId = Number(data['import_id']);
    if (options.watches) await watcher.finish(importId);
    progress.end();
    const state = await api.state(importId);
    const isReplay = tries === 1 && answer.headers['idempotency-replayed'] === 'true';
    if (options.asJson) {
      writeJsonLine(stdout, JSON.stringify({ ...data, ...(state && { citizens: state.citizenCount }) }));
    } else stdout.write(`${storedText(importId, state, isReplay, tookMs)}\n`);
    return EXIT.success;
  } finally {
    progress.end();
    watcher.stop();
  }
}

/**
 * Imports the file that `options` names. `signal` stops the command; its reason becomes the exit code.
 * @throws CommandError
 */
export async function importFile(options: ImportOptions, streams: Streams, signal: AbortSignal): Promise<ExitCode> {
  const source = await findSource(options.file, options.format, streams.stdin);
  const outcome: Outcome = { mayBeStored: false, key: options.key ?? randomUUID() };
  try {
    return await run({ options, source, outcome, streams, signal });
  } catch (reason) {
    if (!signal.aborted) throw reason;
    throw new CommandError(signal.reason as ExitCode, `Stopped. ${outcomeText(outcome)}`);
  }
}
