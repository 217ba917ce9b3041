import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer suits; after the deadline it throws with the last answer. */
export async function until<Result>(
  ask: () => Promise<Result> | Result,
  suits: (result: Result) => boolean,
  deadlineMs = 20_000,
): Promise<Result> {
  const giveUpAt = Date.now() + deadlineMs;
  for (;;) {
    const result = await ask();
    if (suits(result)) return result;
    if (Date.now() > giveUpAt) throw new Error(`not within ${deadlineMs} ms; the last was ${JSON.stringify(result)}`);
    await sleep(20);
  }
}
