import type { Change, FromRun } from '../messages.js';

/** In one message; the database takes 500 in a call. */
const MAX_CHANGES = 100;
/** A pid is told with the next change, or so much later: each short task would else cost a second write. */
const PID_DELAY_MS = 100;

type NewChange = Omit<Change, 'details'> & { details: Omit<Change['details'], 'at'> };
type Waiting = { change: Change; laterDetails: (() => NewChange['details']) | undefined };

/** Changes of statuses on their way to the database, in order. */
type Outbox = {
  /** `at` is added. */
  add(change: NewChange): void;
  /**
   * As `add`, but the change may wait for others, and is left out when one of the same task has overtaken it.
   * @param details asked for when it is sent: most tasks are short, and this saves a look at their processes
   */
  addLater(change: Omit<NewChange, 'details'>, details: () => NewChange['details']): void;
  /** Sends what was added; resolves when all of it is stored. */
  flush(): Promise<void>;
  /** The executor says that everything up to this number is stored. */
  stored(seq: number): void;
};

export function createOutbox(send: (message: FromRun) => void): Outbox {
  let waiting: Waiting[] = [];
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

  function push(change: NewChange, laterDetails?: () => NewChange['details']): void {
    waiting.push({ change: { ...change, details: { ...change.details, at: nextAt() } }, laterDetails });
  }

  function complete({ change, laterDetails }: Waiting): Change {
    return laterDetails === undefined ? change : { ...change, details: { ...laterDetails(), at: change.details.at } };
  }

  function sendAll(): void {
    clearTimeout(timer);
    timer = undefined;
    const overtaken = new Set<number>();
    const changes = waiting
      .reverse()
      .filter(({ change, laterDetails }) => {
        if (laterDetails !== undefined && overtaken.has(change.task)) return false;
        overtaken.add(change.task);
        return true;
      })
      .reverse()
      .map(complete);
    waiting = [];
    for (let from = 0; from < changes.length; from += MAX_CHANGES) {
      seq++;
      send({ type: 'changes', seq, changes: changes.slice(from, from + MAX_CHANGES) });
    }
  }

  return {
    add: (change) => push(change),
    addLater(change, details) {
      push({ ...change, details: {} }, details);
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
