import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;
/** Far more than anything here takes on a busy machine. */
const PATIENCE_MS = 30_000;

/** Polls until `look` answers something truthy, and answers that. Rejects, naming the condition, when it never comes. */
export async function until<Seen>(
  condition: string,
  look: () => Seen | Promise<Seen>,
  patienceMs: number = PATIENCE_MS,
): Promise<Seen> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > giveUpAt) throw new Error(`waited in vain until ${condition}`);
    await sleep(POLL_MS);
  }
}
