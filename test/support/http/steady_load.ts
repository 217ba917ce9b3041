import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Pause before a retry after a refusal or a cut; a shorter one would measure the client. */
const RETRY_MS = 20;
/** A request that takes longer counts as lost. */
const PATIENCE_MS = 30_000;
/** One in this many requests is a write. */
const POST_EVERY = 10;

export type LoadReport = {
  sent: number;
  answered: number;
  /** Number of 2xx answers to POST /imports. */
  stored: number;
  /** Number of attempts that ended without an answer and were retried. */
  retries: number;
  /** The longest time from a request's due time to its answer. */
  longestMs: number;
  /** Number of requests that never got an answer below 500. */
  lost: number;
  statuses: Readonly<Record<number, number>>;
};

type Attempt = { status: number } | undefined;

/**
 * Sends requests at a fixed rate until `stop`, without waiting for earlier answers. Every tenth is an import of one
 * citizen. Requests that are refused, cut off or answered 503 are retried.
 */
export function startSteadyLoad(url: string, requestsPerSecond: number): { stop(): Promise<LoadReport> } {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const statuses: Record<number, number> = {};
  const report = { sent: 0, answered: 0, stored: 0, retries: 0, longestMs: 0, lost: 0 };
  const body = JSON.stringify({
    citizens: [
      {
        citizen_id: 1,
        town: 'Псков',
        street: 'Мира',
        building: '1',
        apartment: 1,
        name: 'Иван',
        birth_date: '01.02.1990',
        gender: 'male',
        relatives: [],
      },
    ],
  });

  function attempt(isPost: boolean): Promise<Attempt> {
    return new Promise((resolve) => {
      const options = isPost
        ? { method: 'POST', headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) } }
        : { method: 'GET' };
      const request = httpRequest(`${url}/imports${isPost ? '' : '?limit=1'}`, { agent, ...options }, (response) => {
        response.resume();
        response.once('end', () => resolve({ status: response.statusCode ?? 0 }));
        response.once('error', () => resolve(undefined));
      });
      request.once('error', () => resolve(undefined));
      request.end(isPost ? body : undefined);
    });
  }

  async function once(isPost: boolean): Promise<void> {
    report.sent++;
    const due = performance.now();
    for (;;) {
      const answer = await attempt(isPost);
      if (answer !== undefined) statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
      if (answer !== undefined && answer.status < 500) {
        report.answered++;
        if (isPost && answer.status < 300) report.stored++;
        report.longestMs = Math.max(report.longestMs, performance.now() - due);
        return;
      }
      if (performance.now() - due > PATIENCE_MS) {
        report.lost++;
        return;
      }
      report.retries++;
      await sleep(RETRY_MS);
    }
  }

  const begun = performance.now();
  const underWay = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const dueCount = Math.floor(((performance.now() - begun) / 1000) * requestsPerSecond);
    while (report.sent < dueCount) {
      const one = once(report.sent % POST_EVERY === 0).finally(() => underWay.delete(one));
      underWay.add(one);
    }
  }, 5);

  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      agent.destroy();
      return { ...report, statuses };
    },
  };
}
