import type { WriteStream } from 'node:tty';
import cliProgress from 'cli-progress';
import { harmless } from '../../terminal/plain_text.js';
import { transferText } from '../../terminal/transfer_text.js';
import type { Output } from '../spa.js';

/** Interval of progress lines when stderr is not a terminal. */
const LINE_EVERY_MS = 5_000;

/** Shows on stderr how far a file is. */
export type TransferProgress = {
  /** `word` says what is done, such as `sending`; `bytes` of it are there already. */
  begin(word: string, totalBytes: number | undefined, bytes: number): void;
  /** How many bytes are there now. */
  reached(bytes: number): void;
  /** Writes a permanent line. */
  note(line: string): void;
  end(): void;
};

export function createTransferProgress(stderr: Output): TransferProgress {
  let bar: cliProgress.SingleBar | undefined;
  let timer: NodeJS.Timeout | undefined;
  let word = '';
  let totalBytes: number | undefined;
  let [bytes, bytesBefore, startedAt] = [0, 0, 0];
  const text = () =>
    `${word} ${transferText({ totalBytes, bytes, bytesBefore, elapsedMs: performance.now() - startedAt })}`;

  function end(): void {
    bar?.stop();
    bar = undefined;
    clearInterval(timer);
  }

  function beginBar(): void {
    bar = new cliProgress.SingleBar({
      stream: stderr as WriteStream,
      clearOnComplete: true,
      gracefulExit: false,
      barsize: 24,
      format(options, { progress }) {
        if (!totalBytes) return text();
        const drawn = cliProgress.Format.BarFormat(progress, options);
        return `[${drawn}] ${String(Math.floor(progress * 100)).padStart(3)}% ${text()}`;
      },
    });
    bar.start(totalBytes ?? Number.MAX_SAFE_INTEGER, bytes);
  }
  const write = (line: string) => void stderr.write(`${harmless(line)}\n`);

  return {
    begin(what, total, reached) {
      end();
      [word, totalBytes, bytes, bytesBefore] = [what, total, reached, reached];
      startedAt = performance.now();
      if (stderr.isTTY) beginBar();
      else timer = setInterval(() => write(text()), LINE_EVERY_MS);
    },
    reached(now) {
      bytes = now;
      bar?.update(now);
    },
    note(line) {
      end();
      write(line);
    },
    end,
  };
}
