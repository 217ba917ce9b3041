import { isPassing } from '../engine/retries.js';
import type { Lease, LogPiece, RunsRepository } from './repository.js';

/** At most five writes a second, however many tasks print. */
const SEND_EVERY_MS = 200;
/** In one call (docs/workflows.md). */
const MAX_PIECES = 100;
const MAX_BYTES = 1024 * 1024;

type LogPieces = {
  /** Resolves when the piece is stored, or was refused. */
  store(piece: LogPiece): Promise<void>;
};

type LogPiecesParts = {
  repository: Pick<RunsRepository, 'addLog'>;
  onLost(leases: readonly Lease[]): void;
  onFault(reason: unknown): void;
  /** Whether the lease is still ours. */
  isHeld(lease: Lease): boolean;
};

type Waiting = { piece: LogPiece; done: () => void };

/** Stores pieces of the logs of all runs together. Runs send one piece a task at a time, so little waits here. */
export function createLogPieces({ repository, ...parts }: LogPiecesParts): LogPieces {
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isSending = false;
  let sentAt = Number.NEGATIVE_INFINITY;

  function wake(): void {
    if (timer !== undefined || isSending || waiting.length === 0) return;
    timer = setTimeout(() => void send(), Math.max(0, sentAt + SEND_EVERY_MS - performance.now()));
  }

  function nextBatch(): Waiting[] {
    let bytes = 0;
    const count = waiting.findIndex(({ piece }, i) => {
      bytes += Buffer.byteLength(piece.text);
      return i === MAX_PIECES || (i > 0 && bytes > MAX_BYTES);
    });
    return waiting.splice(0, count === -1 ? waiting.length : count);
  }

  async function send(): Promise<void> {
    timer = undefined;
    isSending = true;
    sentAt = performance.now();
    waiting = waiting.filter(({ piece, done }) => parts.isHeld(piece) || done());
    const batch = nextBatch();
    try {
      const lost = batch.length === 0 ? [] : await repository.addLog(batch.map(({ piece }) => piece));
      for (const { done } of batch) done();
      if (lost.length > 0) parts.onLost(lost);
    } catch (reason) {
      parts.onFault(reason);
      // The same is sent again: a piece that comes twice changes nothing. What is refused for good is left out.
      const again = isPassing(reason) ? batch.filter(({ piece }) => parts.isHeld(piece)) : [];
      for (const each of batch) if (!again.includes(each)) each.done();
      waiting = [...again, ...waiting];
    }
    isSending = false;
    wake();
  }

  return {
    store(piece) {
      return new Promise((done) => {
        waiting.push({ piece, done });
        wake();
      });
    },
  };
}
