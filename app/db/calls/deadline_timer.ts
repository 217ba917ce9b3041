/** A timer that is later than this was held up by the event loop. */
const MAX_LATENESS_MS = 200;
/** Time for reading what arrived while the event loop was held up. */
const PAUSE_MS = 50;

type DeadlineTimer = {
  /** Calls `look` at this moment, in terms of performance.now(), or earlier. O(1), mostly without a system call. */
  expect(deadline: number): void;
  stop(): void;
};

/**
 * One timer for the deadlines of all calls, which does not tick while there are none. `look` gets the current moment and
 * returns the next deadline. If the event loop was held up, it is called a little later: replies may be waiting in the
 * socket.
 */
export function createDeadlineTimer(look: (now: number) => number | undefined): DeadlineTimer {
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Number.POSITIVE_INFINITY;

  function set(at: number): void {
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(ring, Math.max(0, at - performance.now())).unref();
  }

  function ring(): void {
    const now = performance.now();
    if (now - dueAt > MAX_LATENESS_MS) {
      set(now + PAUSE_MS);
      return;
    }
    dueAt = Number.POSITIVE_INFINITY;
    const next = look(now);
    if (next !== undefined) set(next);
  }

  return {
    expect(deadline) {
      if (deadline < dueAt) set(deadline);
    },
    stop: () => clearTimeout(timer),
  };
}
