/** A process that was stopped for a while finds old answers in its socket: what they gave may be somebody else's by now. */
export const MAX_ANSWER_AGE_S = 1;
/** Clocks of two machines drift by up to 0.05 %: within ten minutes by less than the age that matters. */
const WINDOW_S = 600;

type AnswerAge = {
  /** @param now the database's steady clock in the answer, in seconds */
  isFresh(now: number): boolean;
  /** Another connection may lead to another instance, whose clock is another. */
  forget(): void;
};

/**
 * Says how old an answer is at most, from the database's steady clock in it. The clocks differ by an unknown offset; the
 * smallest difference seen lately is that of an answer that took no time.
 * @param steadySeconds our own clock
 */
export function createAnswerAge(steadySeconds = () => performance.now() / 1_000): AnswerAge {
  let windowBegan = steadySeconds();
  let smallest = Number.POSITIVE_INFINITY;
  let smallestBefore = Number.POSITIVE_INFINITY;
  return {
    isFresh(now) {
      const ours = steadySeconds();
      if (ours - windowBegan > WINDOW_S) {
        // After a long stop too the answers are compared with what was seen before it.
        if (Number.isFinite(smallest)) smallestBefore = smallest;
        smallest = Number.POSITIVE_INFINITY;
        windowBegan = ours;
      }
      const difference = ours - now;
      const least = Math.min(smallest, smallestBefore, difference);
      smallest = Math.min(smallest, difference);
      return difference - least <= MAX_ANSWER_AGE_S;
    },
    forget() {
      smallest = Number.POSITIVE_INFINITY;
      smallestBefore = Number.POSITIVE_INFINITY;
    },
  };
}
