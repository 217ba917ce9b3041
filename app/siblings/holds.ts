/** Exclusive use of what a name stands for. */
export type Hold = {
  /** Aborted when another caller wants the name; the holder then ends its use soon. */
  readonly wanted: AbortSignal;
  release(): void;
};

/** What the web processes of a service must not do at the same time, by name. Whatever a process has ends with it. */
export type Holds = {
  /** Takes a name that nobody holds. */
  hold(name: string): Promise<Hold>;
  held(): Promise<ReadonlySet<string>>;
  /** Notifies the holder that the name is wanted; resolves when it is free. */
  wrest(name: string): Promise<void>;
  /** Runs work of the same name in order, one after another. Names of turns and of holds do not mix. */
  inTurn<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
};

type Held = { wanted: AbortController; released: Promise<void>; release(): void };

/** Holds within this process. */
export function createHolds(): Holds {
  const heldByName = new Map<string, Held>();
  const lastTurns = new Map<string, Promise<unknown>>();

  return {
    async hold(name) {
      let onRelease = () => {};
      const released = new Promise<void>((resolve) => {
        onRelease = resolve;
      });
      const held: Held = {
        wanted: new AbortController(),
        released,
        release() {
          if (heldByName.get(name) === held) heldByName.delete(name);
          onRelease();
        },
      };
      heldByName.set(name, held);
      return { wanted: held.wanted.signal, release: held.release };
    },
    held: async () => new Set(heldByName.keys()),
    async wrest(name) {
      const held = heldByName.get(name);
      held?.wanted.abort();
      await held?.released;
    },
    async inTurn(name, work) {
      const turn = (lastTurns.get(name) ?? Promise.resolve()).then(work);
      // The next in line waits for the end of this one, whatever it is.
      const end = turn.then(
        () => {},
        () => {},
      );
      lastTurns.set(name, end);
      try {
        return await turn;
      } finally {
        if (lastTurns.get(name) === end) lastTurns.delete(name);
      }
    },
  };
}
