import type { WriteStream } from 'node:tty';
import cliProgress from 'cli-progress';
import type { ImportEvent } from './svodka/import_events.js';
import { bytesText, clipped, counted, harmless } from './terminal/plain_text.js';
import { transferText } from './terminal/transfer_text.js';

/** Interval of progress lines when stderr is not a terminal. */
const LINE_EVERY_MS = 5_000;
/** Shows the progress of an import on stderr; stdout is for the result. */
export type Progress = {
  /** A try begins. `undefined` when the size is not known in advance. */
  begin(totalBytes: number | undefined): void;
  /** `bytes` is the total sent in this try. */
  sent(bytes: number): void;
  fullySent(): void;
  event(event: ImportEvent): void;
  /** Writes a permanent line. */
  note(line: string): void;
  /** Removes the progress bar, or stops the progress lines. */
  end(): void;
};

type State = {
  totalBytes: number | undefined;
  sentBytes: number;
  isFullySent: boolean;
  storedCitizens: number;
  elapsedMs: number;
};

/** `1.2 MB of 2.5 MB, 34.0 MB/s, 12 s left, 4,000 citizens stored` */
export function progressText({ totalBytes, sentBytes, isFullySent, storedCitizens, elapsedMs }: State): string {
  const parts = [
    isFullySent
      ? `all ${bytesText(sentBytes)} sent, waiting for the service`
      : transferText({ totalBytes, bytes: sentBytes, bytesBefore: 0, elapsedMs }),
  ];
  if (storedCitizens > 0) parts.push(`${counted(storedCitizens, 'citizen')} stored`);
  return parts.join(', ');
}

/** The state of the current try. */
function createState() {
  let startedAt = 0;
  let state: Omit<State, 'elapsedMs'> | undefined;
  return {
    begin(totalBytes: number | undefined) {
      startedAt = performance.now();
      state = { totalBytes, sentBytes: 0, isFullySent: false, storedCitizens: 0 };
    },
    change(changes: Partial<State>) {
      if (state !== undefined) state = { ...state, ...changes };
    },
    text: () => (state === undefined ? '' : progressText({ ...state, elapsedMs: performance.now() - startedAt })),
  };
}

/** A progress bar, for terminals. */
export function createBar(stream: WriteStream): Progress {
  const state = createState();
  let bar: cliProgress.SingleBar | undefined;
  let total = 0;

  function makeBar(totalBytes: number | undefined): cliProgress.SingleBar {
    return new cliProgress.SingleBar({
      stream,
      clearOnComplete: true,
      // A graceful exit of cli-progress would end the process on a signal.
      gracefulExit: false,
      barsize: 24,
      format(options, { progress }) {
        if (totalBytes === undefined || totalBytes === 0) return `sending: ${state.text()}`;
        const drawn = cliProgress.Format.BarFormat(progress, options);
        return `[${drawn}] ${String(Math.floor(progress * 100)).padStart(3)}% ${state.text()}`;
      },
    });
  }
  const end = () => {
    bar?.stop();
    bar = undefined;
  };
  const show = (sentBytes: number) => bar?.update(Math.min(sentBytes, total));

  return {
    begin(totalBytes) {
      end();
      state.begin(totalBytes);
      total = totalBytes ?? Number.MAX_SAFE_INTEGER;
      bar = makeBar(totalBytes);
      bar.start(total, 0);
    },
    sent(bytes) {
      state.change({ sentBytes: bytes });
      show(bytes);
    },
    fullySent: () => state.change({ isFullySent: true }),
    event(event) {
      if (event.name === 'progress') state.change({ storedCitizens: event.state.citizenCount });
    },
    note(line) {
      end();
      stream.write(`${harmless(line)}\n`);
    },
    end,
  };
}

/** Progress lines, for output that is not a terminal; `showsEvents` adds a line for each event. */
export function createLines(
  stream: { write(text: string): unknown },
  { showsEvents = false, everyMs = LINE_EVERY_MS } = {},
): Progress {
  const state = createState();
  let timer: NodeJS.Timeout | undefined;
  const note = (line: string) => void stream.write(`${harmless(line)}\n`);

  return {
    begin(totalBytes) {
      clearInterval(timer);
      state.begin(totalBytes);
      timer = setInterval(() => note(`sending: ${state.text()}`), everyMs);
    },
    sent: (bytes) => state.change({ sentBytes: bytes }),
    fullySent: () => state.change({ isFullySent: true }),
    event(event) {
      if (event.name === 'progress') state.change({ storedCitizens: event.state.citizenCount });
      if (showsEvents) note(eventText(event));
    },
    note,
    end: () => clearInterval(timer),
  };
}

/** `import 7: 4,000 citizens stored, of 1.2 MB read` */
export function eventText(event: ImportEvent): string {
  if (event.name === 'gone') return 'the import is no more: it was refused or given up';
  const { importId, isPublished, citizenCount, bytes } = event.state;
  const read = bytes === undefined ? '' : `, of ${bytesText(bytes)} read`;
  const citizens = `import ${clipped(String(importId), 20)}: ${counted(citizenCount, 'citizen')}`;
  return isPublished ? `${citizens}${read}, published` : `${citizens} stored${read}`;
}
