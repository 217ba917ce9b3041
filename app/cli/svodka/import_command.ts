import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WriteStream } from 'node:tty';
import type { ImportFormat } from '../../census/imports/service.js';
import { type Answer, type Api, createApi, LostError, problemOf, shownUrl } from '../api.js';
import { CommandError, EXIT, type ExitCode } from '../command_error.js';
import { bytesText, counted, durationText } from '../plain_text.js';
import { createBar, createLines, type Progress } from '../progress.js';
import { isPassing, MAX_RETRIES, pauseBeforeMs } from '../retries.js';
import type { ImportState } from './import_events.js';
import { type Output, refusalText, writeJsonLine, writeViolations } from './refusal.js';
import { findSource, type ImportSource } from './source.js';

export type ImportOptions = {
  file: string;
  /** undefined: as the name tells. */
  format: ImportFormat | undefined;
  isDryRun: boolean;
  /** Shows each event of the import, to its publication. */
  watches: boolean;
  url: URL;
  token: string | undefined;
  /** The Idempotency-Key; undefined: a random one. */
  key: string | undefined;
  showsAll: boolean;
  asJson: boolean;
};

type Streams = { stdin: Readable; stdout: Output; stderr: Pick<WriteStream, 'write'> & { isTTY?: boolean } };

/** What one run knows about what became of the import. */
type Fate = {
  /** A try reached the service in full and has no answer, or one that says that nobody knows. */
  mayBeStored: boolean;
  key: string;
};

function fateText({ mayBeStored, key }: Fate): string {
  if (!mayBeStored) return 'Nothing was stored.';
  return `It was sent in full and may be stored. Run the same command with --key '${key}' to be sure: that stores it once.`;
}

function createProgress({ watches }: ImportOptions, { stderr }: Streams): Progress {
  if (stderr.isTTY && !watches) return createBar(stderr as WriteStream);
  return createLines(stderr, { showsEvents: watches });
}

/**
 * Tells of the import's events from the moment that it has an id. Only where somebody sees them: on a terminal, or with
 * --watch. `finish` waits for the publication, `stop` does not.
 */
function createWatcher(api: Api, progress: Progress, isWanted: boolean) {
  const ending = new AbortController();
  let watched: { importId: number; isOver: Promise<void> } | undefined;

  async function tell(importId: number): Promise<void> {
    for await (const event of api.events(importId, ending.signal)) {
      progress.event(event);
      if (event.name === 'gone' || event.state.isPublished) return;
    }
  }
  const begin = (importId: number) => {
    // A retry that is staged has another id, and the import of the try before is gone.
    if (isWanted && watched?.importId !== importId) watched = { importId, isOver: tell(importId) };
  };
  return {
    begin,
    async finish(importId: number) {
      begin(importId);
      await watched?.isOver;
    },
    stop: () => ending.abort(),
  };
}

/** Tries until there is an answer that will not pass. @throws CommandError */
async function sendSurely(
  api: Api,
  source: ImportSource,
  options: ImportOptions,
  fate: Fate,
  progress: Progress,
  onStaged: (importId: number) => void,
  signal: AbortSignal,
): Promise<{ answer: Answer; tries: number }> {
  const where = shownUrl(options.url);
  let wasThere = false;
  for (let tries = 1; ; tries++) {
    const mayBeStoredBefore = fate.mayBeStored;
    let trouble: { words: string; retryAfter?: string | undefined };
    try {
      progress.begin(source.sizeBytes);
      const answer = await api.send({
        source,
        isDryRun: options.isDryRun,
        key: fate.key,
        onSent: progress.sent,
        onSentWhole() {
          fate.mayBeStored = mayBeStoredBefore || !options.isDryRun;
          progress.sentWhole();
        },
        onStaged,
      });
      wasThere = true;
      const { code, detail = 'the answer is not one of Svodka' } = problemOf(answer);
      if (!isPassing(answer.status, code)) return { answer, tries };
      // This try stored nothing then; what is not known of those before stays so.
      if (code !== undefined && code !== 'OUTCOME_UNKNOWN') fate.mayBeStored = mayBeStoredBefore;
      trouble = {
        words: `${where} answered ${answer.status}: ${detail}${code === undefined ? '' : ` (${code})`}`,
        retryAfter: answer.headers['retry-after'],
      };
    } catch (reason) {
      if (!(reason instanceof LostError) || signal.aborted) throw reason;
      if (!reason.wasConnected && !wasThere) {
        throw new CommandError(
          EXIT.away,
          `Svodka does not answer at ${where} (${reason.reason}). Nothing was stored.\n` +
            'Is it running? npm start runs it; --url or SVODKA_URL name another address.',
        );
      }
      wasThere = true;
      trouble = { words: `The connection to ${where} was lost (${reason.reason})` };
    }
    if (!source.isRepeatable || tries > MAX_RETRIES) {
      const why = source.isRepeatable ? `and that after ${tries} tries` : `and ${source.name} cannot be read again`;
      throw new CommandError(EXIT.away, `${trouble.words}, ${why}. ${fateText(fate)}`);
    }
    const pauseMs = pauseBeforeMs(tries, trouble.retryAfter);
    progress.note(`${trouble.words}; trying again in ${(pauseMs / 1000).toFixed(1)} s (${tries} of ${MAX_RETRIES})`);
    await sleep(pauseMs, undefined, { signal });
  }
}

function storedText(importId: number, state: ImportState | undefined, isOld: boolean, tookMs: number): string {
  const citizens = state === undefined ? 'stored' : counted(state.citizenCount, 'citizen');
  return isOld
    ? `import ${importId}: ${citizens}, stored before with this key`
    : `import ${importId}: ${citizens} in ${durationText(tookMs)}`;
}

/** @throws CommandError when the answer is none of Svodka's */
function dataOf(answer: Answer, url: URL): Record<string, unknown> {
  const data = (answer.content as { data?: unknown } | undefined)?.data;
  if (typeof data === 'object' && data !== null) return data as Record<string, unknown>;
  throw new CommandError(
    EXIT.away,
    `What answers at ${shownUrl(url)} does not seem to be Svodka: status ${answer.status}.`,
  );
}

async function refuse(answer: Answer, options: ImportOptions, { stdout, stderr }: Streams): Promise<ExitCode> {
  if (answer.report !== undefined) {
    const told = Number(answer.headers['x-error-count']);
    const { shownCount, toldCount } = await writeViolations(answer.report, options, stdout).catch(() => {
      throw new CommandError(
        EXIT.refused,
        'Refused. The connection was lost while the reasons came. Nothing was stored.',
      );
    });
    if (!options.asJson) stderr.write(`${refusalText(Math.max(told || 0, toldCount), shownCount)}\n`);
    return EXIT.refused;
  }
  const { code, detail } = problemOf(answer);
  if (code === undefined) dataOf({ ...answer, content: undefined }, options.url);
  if (options.asJson) writeJsonLine(stdout, JSON.stringify(answer.content));
  throw new CommandError(
    answer.status >= 500 ? EXIT.away : EXIT.refused,
    `${answer.status >= 500 ? 'Failed' : 'Refused'}: ${detail ?? ''} (${code})`,
  );
}

/**
 * Imports a file and says how it went, results on stdout and all else on stderr.
 * @throws CommandError; and anything at all once `signal` is aborted, whose reason is the exit code
 */
async function run(
  options: ImportOptions,
  source: ImportSource,
  fate: Fate,
  streams: Streams,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stdout, stderr } = streams;
  const api = createApi(options.url, signal, options.token);
  const progress = createProgress(options, streams);
  const watcher = createWatcher(api, progress, options.watches || stderr.isTTY === true);
  const size = source.sizeBytes === undefined ? '' : `, ${bytesText(source.sizeBytes)},`;
  const startedAt = performance.now();
  try {
    if (!stderr.isTTY) progress.note(`sending ${source.name}${size} to ${shownUrl(options.url)}`);
    const { answer, tries } = await sendSurely(api, source, options, fate, progress, watcher.begin, signal);
    const tookMs = performance.now() - startedAt;
    // Whatever the answer is, it is one about the import with this key.
    fate.mayBeStored = false;
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
      return EXIT.good;
    }
    const importId = Number(data['import_id']);
    if (options.watches) await watcher.finish(importId);
    progress.end();
    const state = await api.state(importId);
    const isOld = tries === 1 && answer.headers['idempotency-replayed'] === 'true';
    if (options.asJson) {
      writeJsonLine(stdout, JSON.stringify({ ...data, ...(state && { citizens: state.citizenCount }) }));
    } else stdout.write(`${storedText(importId, state, isOld, tookMs)}\n`);
    return EXIT.good;
  } finally {
    progress.end();
    watcher.stop();
  }
}

/** Imports what `options` name. `signal` ends it; its reason is the exit code then. @throws CommandError */
export async function importFile(options: ImportOptions, streams: Streams, signal: AbortSignal): Promise<ExitCode> {
  const source = await findSource(options.file, options.format, streams.stdin);
  const fate: Fate = { mayBeStored: false, key: options.key ?? randomUUID() };
  try {
    return await run(options, source, fate, streams, signal);
  } catch (reason) {
    if (!signal.aborted) throw reason;
    throw new CommandError(signal.reason as ExitCode, `Stopped. ${fateText(fate)}`);
  }
}
