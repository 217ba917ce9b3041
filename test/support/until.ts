import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;
/** Far more than anything here takes on a busy machine. */
const PATIENCE_MS = 30_000;

/**
 * Looks again and again until there is something to see, neither undefined nor false, and answers that. Rejects,
 * naming the condition, when it never comes.
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
