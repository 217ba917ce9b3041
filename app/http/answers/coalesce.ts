/**
 * Coalesces equal questions that are asked within one turn of the event loop. The database client sends the calls of a
 * turn at its end, so the question is sent after all callers have asked: nobody gets an answer older than their
 * request.
 */
export function coalescePerTurn<Subject, Value>(
  ask: (subject: Subject) => Promise<Value>,
): (subject: Subject) => Promise<Value> {
  /** Questions asked in this turn. */
  const asked = new Map<Subject, Promise<Value>>();

  return (subject) => {
    let answer = asked.get(subject);
    if (answer === undefined) {
      // Scheduled before the call, so that this immediate runs before the one in which the client may send the call.
      setImmediate(() => asked.delete(subject));
      answer = ask(subject);
      asked.set(subject, answer);
    }
    return answer;
  };
}
