import type { ReportTuple } from '../../work/jobs/procedures.js';
import { createLogBuffer, type LogBuffer, type LogPiece, type OutputStream } from './log_buffer.js';
import type { ExecutorRepository } from './repository.js';

/** At most five writes a second, however many jobs report how often. */
const REPORT_EVERY_MS = 200;
/** In one report (docs/engine.md). */
const MAX_REPORTS = 100;
const MAX_REPORT_BYTES = 1024 * 1024;

export type Progress = { fraction: number; text: string };

export type JobReport = {
  setProgress(progress: Progress): void;
  addOutput(bytes: Buffer, stream: OutputStream): void;
  /**
   * The job has ended: sends the rest of its log, at once. Resolves with the progress that was not sent, for the
   * outcome; also when the lease is lost.
   */
  finish(): Promise<Progress | undefined>;
  /** Forgets the job: its lease is lost. */
  drop(): void;
};

type Reports = {
  open(job: { id: number; lease: number; logEnd: number }): JobReport;
};

type Entry = {
  id: number;
  lease: number;
  progress: Progress | undefined;
  log: LogBuffer;
  /** Called when the log was sent; set when the job has ended. */
  onLogSent: (() => void) | undefined;
};

type Gathered = { entry: Entry; progress: Progress | undefined; piece: LogPiece | undefined };

function hasNews({ progress, log, onLogSent }: Entry): boolean {
  return !log.isEmpty() || (progress !== undefined && onLogSent === undefined);
}

function toTuple({ entry, progress, piece }: Gathered): ReportTuple {
  return [
    entry.id,
    entry.lease,
    progress === undefined ? null : JSON.stringify(progress),
    piece?.at ?? null,
    piece?.text ?? null,
  ];
}

/** Gathers progress and output of all jobs and sends them together. */
export function createReports(
  repository: Pick<ExecutorRepository, 'report'>,
  onLost: (leases: readonly { id: number; lease: number }[]) => void,
  onFault: (reason: unknown) => void,
): Reports {
  const entries = new Map<number, Entry>();
  let timer: NodeJS.Timeout | undefined;
  let isSending = false;
  let sentAt = Number.NEGATIVE_INFINITY;

  function wake(): void {
    if (timer !== undefined || isSending) return;
    timer = setTimeout(send, Math.max(0, sentAt + REPORT_EVERY_MS - performance.now()));
  }

  /** A job that has ended does not wait for the next turn: its place is free only once it is settled. */
  function wakeAtOnce(): void {
    if (isSending) return;
    clearTimeout(timer);
    timer = setTimeout(send, 0);
  }

  /** Entries with something to tell, as many as one report takes. */
  function gather(): Gathered[] {
    const gathered: Gathered[] = [];
    let bytes = 0;
    for (const entry of entries.values()) {
      if (!hasNews(entry)) continue;
      const piece = entry.log.next();
      bytes += Buffer.byteLength(piece?.text ?? '');
      if (gathered.length === MAX_REPORTS || (bytes > MAX_REPORT_BYTES && gathered.length > 0)) break;
      gathered.push({ entry, progress: entry.progress, piece });
    }
    return gathered;
  }

  function settle({ entry, progress, piece }: Gathered): void {
    if (entry.progress === progress) entry.progress = undefined;
    if (piece !== undefined) entry.log.sent(piece);
    if (entry.log.isEmpty()) entry.onLogSent?.();
  }

  async function send(): Promise<void> {
    timer = undefined;
    const gathered = gather();
    if (gathered.length === 0) return;
    isSending = true;
    sentAt = performance.now();
    let hasFailed = false;
    try {
      const lost = await repository.report(gathered.map(toTuple));
      gathered.forEach(settle);
      const lostEntries = gathered.flatMap(({ entry }) => (lost.includes(entry.id) ? [entry] : []));
      if (lostEntries.length > 0) onLost(lostEntries);
    } catch (reason) {
      // The same is sent again: a report that comes twice changes nothing.
      hasFailed = true;
      onFault(reason);
    }
    isSending = false;
    const left = [...entries.values()].filter(hasNews);
    if (!hasFailed && left.some(({ onLogSent }) => onLogSent !== undefined)) wakeAtOnce();
    else if (left.length > 0) wake();
  }

  return {
    open({ id, lease, logEnd }) {
      const entry: Entry = { id, lease, progress: undefined, log: createLogBuffer(logEnd), onLogSent: undefined };
      entries.set(id, entry);
      const forget = () => {
        if (entries.get(id) === entry) entries.delete(id);
        entry.onLogSent?.();
      };
      return {
        setProgress(progress) {
          entry.progress = progress;
          wake();
        },
        addOutput(bytes, stream) {
          entry.log.add(bytes, stream);
          wake();
        },
        drop: forget,
        async finish() {
          entry.log.end();
          if (!entry.log.isEmpty() && entries.get(id) === entry) {
            await new Promise<void>((done) => {
              entry.onLogSent = done;
              wakeAtOnce();
            });
          }
          if (entries.get(id) === entry) entries.delete(id);
          return entry.progress;
        },
      };
    },
  };
}
