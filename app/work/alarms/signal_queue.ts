import type { Signal, SignalAnswer } from './repository.js';

/** tarantool/work/alarms/limits.lua */
const MAX_SIGNALS = 1_000;
/** Of texts in one call. */
const MAX_CHARACTERS = 512 * 1024;

type Waiting = { signal: Signal; resolve(answer: SignalAnswer): void; reject(reason: unknown): void };

/** Removes as many signals from the list as one call takes. */
function takeCall(waiting: Waiting[]): Waiting[] {
  let count = 0;
  let characters = 0;
  for (const { signal } of waiting) {
    characters += signal.text?.length ?? 0;
    if (count === MAX_SIGNALS || (count > 0 && characters > MAX_CHARACTERS)) break;
    count++;
  }
  return waiting.splice(0, count);
}

/**
 * Stores signals, one call at a time: those that arrive while the database writes go together into the next call, which
 * is one transaction and one write to the log. An answer means that the signal is stored.
 */
export function createSignalQueue(
  store: (signals: readonly Signal[]) => Promise<SignalAnswer[]>,
): (signal: Signal) => Promise<SignalAnswer> {
  const waiting: Waiting[] = [];
  let isSending = false;

  async function send(call: readonly Waiting[]): Promise<void> {
    try {
      const answers = await store(call.map(({ signal }) => signal));
      for (const [place, { resolve }] of call.entries()) resolve(answers[place] as SignalAnswer);
    } catch (reason) {
      for (const { reject } of call) reject(reason);
    }
  }

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) await send(takeCall(waiting));
    isSending = false;
  }

  return (signal) =>
    new Promise((resolve, reject) => {
      waiting.push({ signal, resolve, reject });
      if (isSending) return;
      isSending = true;
      setImmediate(() => void sendAll());
    });
}
