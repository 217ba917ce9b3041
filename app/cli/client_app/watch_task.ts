import type { WriteStream } from 'node:tty';
import cliProgress from 'cli-progress';
import { CommandError, EXIT, type ExitCode } from '../command_error.js';
import { serverEvents } from '../rpc/server_events.js';
import { clipped, harmless } from '../terminal/plain_text.js';
import { answerText, type ClientRequest, open } from './request.js';

/** The properties of a task that are used here. */
type Task = {
  status: string;
  progress: { fraction: number; text: string } | null;
  errortext: string | null;
};

const ENDED = ['complete', 'error', 'cancelled'];
const MAX_TEXT_CHARACTERS = 60;

type Display = { show(task: Task): void; end(): void };

function createBar(stderr: WriteStream): Display {
  const bar = new cliProgress.SingleBar({
    format: '{status} {bar} {percentage}% {text}',
    barsize: 30,
    hideCursor: true,
    stream: stderr,
  });
  bar.start(100, 0, { status: '', text: '' });
  return {
    show({ status, progress }) {
      const percent = status === 'complete' ? 100 : Math.floor((progress?.fraction ?? 0) * 100);
      bar.update(percent, { status, text: clipped(harmless(progress?.text ?? ''), MAX_TEXT_CHARACTERS) });
    },
    end: () => bar.stop(),
  };
}

/** A line for each status, for output that is not a terminal. */
function createLines(stderr: NodeJS.WritableStream): Display {
  let shown: string | undefined;
  return {
    show({ status }) {
      if (status !== shown) stderr.write(`${status}\n`);
      shown = status;
    },
    end: () => {},
  };
}

/**
 * Follows a task until it ends and shows its progress. Returns 0 for a task that is complete, 1 otherwise.
 * @throws CommandError when the service refuses, cannot be reached, or closes the stream before the task has ended
 */
export async function watchTask(
  request: ClientRequest,
  { stderr, signal }: { stderr: NodeJS.WritableStream; signal: AbortSignal },
): Promise<ExitCode> {
  const response = await open(request, signal);
  if (!response.ok || response.body === null) {
    const bytes = Buffer.from(await response.arrayBuffer());
    throw new CommandError(EXIT.refused, answerText({ status: response.status, isGood: false, type: '', bytes }));
  }
  const display = (stderr as WriteStream).isTTY ? createBar(stderr as WriteStream) : createLines(stderr);
  let last: Task | undefined;
  try {
    for await (const { data } of serverEvents(response.body)) {
      last = JSON.parse(data) as Task;
      display.show(last);
      if (ENDED.includes(last.status)) break;
    }
  } catch (reason) {
    if (signal.aborted) throw reason;
  } finally {
    display.end();
  }
  if (last === undefined || !ENDED.includes(last.status)) {
    throw new CommandError(EXIT.unavailable, `${request.url.origin} ended the connection before the task had ended.`);
  }
  if (last.errortext !== null) stderr.write(`${last.errortext.split('\n').map(harmless).join('\n')}\n`);
  return last.status === 'complete' ? EXIT.success : EXIT.refused;
}
