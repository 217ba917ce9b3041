import { ERRORS, ServiceError } from '../../errors.js';

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

/** A pending question is waited for no longer than this; then the next one is asked at the same time. */
const MAX_WAIT_MS = 5;

/** `isOpen`: not sent yet. `next`: shared by callers that asked after it was sent. */
type Round<Value> = { answer: Promise<Value>; isOpen: boolean; sentAt: number; next: Promise<Value> | undefined };

/** Whether asking again at once is useless. */
function isServiceFault(reason: unknown): boolean {
  return reason instanceof ServiceError && ERRORS[reason.code].status >= 500;
}

/**
 * The same with at most one question about a subject under way: callers that come meanwhile share the next one. Sixteen
 * connections that ask the same thing cost one call for all of them, where the calls of a turn are for two or three; a
 * write to the socket of the database takes as long as all the rest of a small answer.
 */
export function coalesceInRounds<Subject, Value>(
  ask: (subject: Subject) => Promise<Value>,
  maxWaitMs = MAX_WAIT_MS,
): (subject: Subject) => Promise<Value> {
  const rounds = new Map<Subject, Round<Value>>();

  function begin(subject: Subject): Promise<Value> {
    const round: Round<Value> = { answer: undefined as never, isOpen: true, sentAt: 0, next: undefined };
    // As above: before the immediate in which the client may send the call.
    setImmediate(() => {
      round.isOpen = false;
      round.sentAt = performance.now();
    });
    round.answer = ask(subject);
    rounds.set(subject, round);
    const end = () => {
      if (round.next === undefined && rounds.get(subject) === round) rounds.delete(subject);
    };
    round.answer.then(end, end);
    return round.answer;
  }

  return (subject) => {
    const round = rounds.get(subject);
    if (round === undefined) return begin(subject);
    if (round.isOpen) return round.answer;
    if (performance.now() - round.sentAt > maxWaitMs) return begin(subject);
    round.next ??= round.answer.then(
      () => begin(subject),
      (reason) => {
        if (!isServiceFault(reason)) return begin(subject);
        if (rounds.get(subject) === round) rounds.delete(subject);
        throw reason;
      },
    );
    return round.next;
  };
}
