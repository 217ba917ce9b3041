/**
 * One question at a time about each subject, for all who ask meanwhile. Who asks while one is under way waits for the next,
 * which is sent after they asked: so nobody is told less than was true when they asked, which an answer under way might.
 */
export function createGathered<Value>(ask: (subject: number) => Promise<Value>): (subject: number) => Promise<Value> {
  /** Settles when the question under way is answered; never rejects. */
  const underWay = new Map<number, Promise<void>>();
  /** Not sent yet. */
  const next = new Map<number, Promise<Value>>();

  function send(subject: number): Promise<Value> {
    next.delete(subject);
    const answer = ask(subject);
    const over = answer.then(
      () => {},
      () => {},
    );
    underWay.set(subject, over);
    void over.then(() => {
      if (underWay.get(subject) === over) underWay.delete(subject);
    });
    return answer;
  }

  return (subject) => {
    const waiting = next.get(subject);
    if (waiting !== undefined) return waiting;
    const before = underWay.get(subject);
    if (before === undefined) return send(subject);
    const answer = before.then(() => send(subject));
    next.set(subject, answer);
    return answer;
  };
}
