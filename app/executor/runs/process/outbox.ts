import type { Change, FromRun } from '../messages.js';

/** In one message; the database takes 500 in a call. */
const MAX_CHANGES = 100;
/** A pid is told with the next change, or so much later: each short task would else cost a second write. */
const PID_DELAY_MS = 100;

/** Changes of statuses on their way to the database, in order. */
type Outbox = {
  /** `at` is added. */
  add(change: Omit<Change, 'details'> & { details: Omit<Change['details'], 'at'> }): void;
  /** As `add`, but the change may wait for others, and is left out when one of the same task has overtaken it. */
  addLater(change: Parameters<Outbox['add']>[0]): void;
  /** Sends what was added; resolves when all of it is stored. */
  flush(): Promise<void>;
  /** The executor says that everything up to this number is stored. */
  stored(seq: number): void;
};

export function createOutbox(send: (message: FromRun) => void): Outbox {
  let waiting: { change: Change; isLate: boolean }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let seq = 0;
  let storedTo = 0;
  let lastAt = 0;
  let waiters: { seq: number; done: () => void }[] = [];

  /** Two changes of one moment must differ: the database tells them apart by their time. */
  function nextAt(): number {
    lastAt = Math.max(Date.now() / 1_000, lastAt + 1e-6);
    return lastAt;
  }

  function push(change: Parameters<Outbox['add']>[0], isLate: boolean): void {
    waiting.push({ change: { ...change, details: { ...change.details, at: nextAt() } }, isLate });
  }

  function sendAll(): void {
    clearTimeout(timer);
    timer = undefined;
    const overtaken = new Set<number>();
    const changes = waiting
      .reverse()
      .filter(({ change, isLate }) => {
        if (isLate && overtaken.has(change.task)) return false;
        overtaken.add(change.task);
        return true;
      })
      .reverse()
      .map(({ change }) => change);
    waiting = [];
    for (let from = 0; from < changes.length; from += MAX_CHANGES) {
      seq++;
      send({ type: 'changes', seq, changes: changes.slice(from, from + MAX_CHANGES) });
    }
  }

  return {
    add: (change) => push(change, false),
    addLater(change) {
      push(change, true);
      timer ??= setTimeout(sendAll, PID_DELAY_MS);
    },
    flush() {
      sendAll();
      if (storedTo === seq) return Promise.resolve();
      return new Promise((done) => waiters.push({ seq, done }));
    },
    stored(number) {
      storedTo = Math.max(storedTo, number);
      const ready = waiters.filter((waiter) => waiter.seq <= storedTo);
      waiters = waiters.filter((waiter) => waiter.seq > storedTo);
      for (const { done } of ready) done();
    },
  };
}
