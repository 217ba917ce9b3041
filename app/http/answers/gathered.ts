/**
 * One question about each subject for all who ask in one turn of the event loop. The client sends what was called in a turn
 * at its end, so the question goes out after all of them asked: nobody is told less than was true when they asked.
 */
export function createGathered<Value>(ask: (subject: number) => Promise<Value>): (subject: number) => Promise<Value> {
  /** Those of this turn. */
  const asked = new Map<number, Promise<Value>>();

  return (subject) => {
    let answer = asked.get(subject);
    if (answer === undefined) {
      // Before the question is asked, so that it is forgotten before it is sent, by an immediate too.
      setImmediate(() => asked.delete(subject));
      answer = ask(subject);
      asked.set(subject, answer);
    }
    return answer;
  };
}
