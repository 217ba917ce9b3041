/**
 * Shares one question about a subject among all callers in one turn of the event loop. The database client sends the calls
 * of a turn at its end, so the question goes out after all callers asked: nobody gets an answer older than its request.
 */
export function coalescePerTurn<Value>(ask: (subject: number) => Promise<Value>): (subject: number) => Promise<Value> {
  /** The questions of this turn. */
  const asked = new Map<number, Promise<Value>>();

  return (subject) => {
    let answer = asked.get(subject);
    if (answer === undefined) {
      // Scheduled before the call, so that this immediate runs before one in which the client may send it.
      setImmediate(() => asked.delete(subject));
      answer = ask(subject);
      asked.set(subject, answer);
    }
    return answer;
  };
}
