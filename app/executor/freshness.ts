/** A process that was stopped for a while finds old answers in its socket: what they gave may be somebody else's by now. */
const MAX_AGE_S = 1;

/**
 * Says how old an answer is at most, from the database's steady clock in it. The clocks differ by an unknown offset; the
 * smallest difference seen is that of an answer that took no time.
 */
export function createAnswerAge(): { isFresh(now: number): boolean; forget(): void } {
  let smallest = Number.POSITIVE_INFINITY;
  return {
    isFresh(now) {
      const difference = performance.now() / 1_000 - now;
      smallest = Math.min(smallest, difference);
      return difference - smallest <= MAX_AGE_S;
    },
    /** Another connection may lead to another instance, whose clock is another. */
    forget() {
      smallest = Number.POSITIVE_INFINITY;
    },
  };
}
