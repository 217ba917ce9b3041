import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;
/** Much longer than anything here takes on a busy machine. */
const PATIENCE_MS = 30_000;

/**
 * Polls until the result is neither undefined nor false, and returns it. Rejects after a deadline with the name of the
 * condition.
 */
export async function until<Seen>(
  condition: string,
  look: () => Seen | Promise<Seen>,
  patienceMs = PATIENCE_MS,
): Promise<Exclude<Seen, undefined | false>> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen as Exclude<Seen, undefined | false>;
    if (performance.now() > giveUpAt) throw new Error(`waited ${patienceMs} ms in vain until ${condition}`);
    await sleep(LOOK_EVERY_MS);
  }
}
