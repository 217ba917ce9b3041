import { setTimeout as sleep } from 'node:timers/promises';
import { type createClients, isLostAnswer } from './clients.js';

export type LoadReport = {
  clients: Record<string, number>;
  statuses: Record<string, number>;
  /** Answers that must never occur, and requests that got no answer although their client waited. */
  faults: string[];
};

const MAX_AT_ONCE = 24;
const CLIENTS_PER_SECOND = 60;
const SOUND_STATUSES: ReadonlySet<number> = new Set([501, 503, 507]);
const MAX_FAULTS = 20;

/** Starts clients at a given rate, up to a maximum number at once, until the time is over; waits for the last. */
export async function runLoad(
  clients: ReturnType<typeof createClients>,
  forMs: number,
  eachSecond: () => Promise<void>,
): Promise<LoadReport> {
  const report: LoadReport = { clients: {}, statuses: {}, faults: [] };
  const underWay = new Set<Promise<void>>();
  const count = (counts: Record<string, number>, key: string) => {
    counts[key] = (counts[key] ?? 0) + 1;
  };
  const blame = (fault: string) => {
    if (report.faults.length < MAX_FAULTS) report.faults.push(fault);
  };

  async function one(): Promise<void> {
    const { kind, run } = clients.pick();
    count(report.clients, kind);
    try {
      for (const status of await run()) {
        count(report.statuses, String(status));
        if (status >= 500 && !SOUND_STATUSES.has(status)) blame(`${kind}: ${status}`);
      }
    } catch (reason) {
      if (!isLostAnswer(reason)) throw reason;
      blame(`${kind}: ${(reason as Error).message}`);
    }
  }

  const begun = performance.now();
  let come = 0;
  let lastSecond = 0;
  while (performance.now() - begun < forMs) {
    const seconds = (performance.now() - begun) / 1_000;
    if (seconds - lastSecond >= 1) {
      lastSecond = seconds;
      await eachSecond();
    }
    if (come < seconds * CLIENTS_PER_SECOND && underWay.size < MAX_AT_ONCE) {
      come++;
      const client = one().finally(() => underWay.delete(client));
      underWay.add(client);
    } else {
      // A machine that falls behind does not catch up later.
      come = Math.max(come, Math.floor(seconds * CLIENTS_PER_SECOND) - MAX_AT_ONCE);
      await sleep(5);
    }
  }
  await Promise.all(underWay);
  return report;
}
