import type { ReportTuple } from '../work/jobs/procedures.js';
import { createLogBuffer } from './log_buffer.js';
import type { ExecutorRepository } from './repository.js';

/** At most five writes a second, however many jobs report how often. */
const REPORT_EVERY_MS = 200;
/** In one report (docs/engine.md). */
const MAX_REPORTS = 100;
const MAX_REPORT_BYTES = 1024 * 1024;

export type Progress = { fraction: number; text: string };

export type JobReport = {
  setProgress(progress: Progress): void;
  addOutput(bytes: Buffer): void;
  /** Sends what is left of it. To be awaited before the job is settled; resolves also when the lease is lost. */
  finish(): Promise<void>;
  /** Forgets the job: its lease is lost. */
  drop(): void;
};

export type Reports = {
  open(job: { id: number; lease: number; logEnd: number }): JobReport;
};

type Entry = {
  id: number;
  lease: number;
  progress: Progress | undefined;
  log: ReturnType<typeof createLogBuffer>;
  /** Called when everything was sent. */
  onSent: (() => void) | undefined;
};

/** Gathers progress and output of all jobs and sends them together. */
export function createReports(
  repository: Pick<ExecutorRepository, 'report'>,
  onLost: (ids: readonly number[]) => void,
  onFault: (reason: unknown) => void,
): Reports {
  const entries = new Map<number, Entry>();
  let timer: NodeJS.Timeout | undefined;
  let isSending = false;
  let sentAt = Number.NEGATIVE_INFINITY;

  function isEmpty({ progress, log }: Entry): boolean {
    return progress === undefined && log.next() === undefined;
  }

  function wake(): void {
    if (timer !== undefined || isSending) return;
    timer = setTimeout(send, Math.max(0, sentAt + REPORT_EVERY_MS - performance.now()));
  }

  /** Entries with something to tell, as many as one report takes. */
  function gather() {
    const gathered: { entry: Entry; progress: Progress | undefined; piece: ReturnType<Entry['log']['next']> }[] = [];
    let bytes = 0;
    for (const entry of entries.values()) {
      const { progress } = entry;
      const piece = entry.log.next();
      if (progress === undefined && piece === undefined) continue;
      bytes += Buffer.byteLength(piece?.text ?? '');
      if (gathered.length === MAX_REPORTS || (bytes > MAX_REPORT_BYTES && gathered.length > 0)) break;
      gathered.push({ entry, progress, piece });
    }
    return gathered;
  }

  async function send(): Promise<void> {
    timer = undefined;
    const gathered = gather();
    if (gathered.length === 0) return;
    isSending = true;
    sentAt = performance.now();
    try {
      const reports = gathered.map(
        ({ entry, progress, piece }): ReportTuple => [
          entry.id,
          entry.lease,
          progress === undefined ? null : JSON.stringify(progress),
          piece?.at ?? null,
          piece?.text ?? null,
        ],
      );
      const lost = await repository.report(reports);
      for (const { entry, progress, piece } of gathered) {
        if (entry.progress === progress) entry.progress = undefined;
        if (piece !== undefined) entry.log.sent(piece);
        if (entry.onSent !== undefined && isEmpty(entry)) entry.onSent();
      }
      if (lost.length > 0) onLost(lost);
    } catch (reason) {
      // The same is sent again: a report that comes twice changes nothing.
      onFault(reason);
    } finally {
      isSending = false;
      if ([...entries.values()].some((entry) => !isEmpty(entry))) wake();
    }
  }

  return {
    open({ id, lease, logEnd }) {
      const entry: Entry = { id, lease, progress: undefined, log: createLogBuffer(logEnd), onSent: undefined };
      entries.set(id, entry);
      const forget = () => {
        if (entries.get(id) === entry) entries.delete(id);
        entry.onSent?.();
      };
      return {
        setProgress(progress) {
          entry.progress = progress;
          wake();
        },
        addOutput(bytes) {
          entry.log.add(bytes);
          wake();
        },
        drop: forget,
        async finish() {
          entry.log.end();
          if (!isEmpty(entry) && entries.get(id) === entry) {
            await new Promise<void>((done) => {
              entry.onSent = done;
              wake();
            });
          }
          forget();
        },
      };
    },
  };
}
