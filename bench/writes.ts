import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { nowMs } from './clock.js';
import type { Written } from './watching.js';

const BIRTH_DATES = 8;

/** Change number `serial`: the citizens in turn move and get another birth date, so that all kept counts change. */
function changeOf(serial: number, lastId: number): { citizenId: number; body: string } {
  const date = `${String(1 + (serial % 28)).padStart(2, '0')}.0${1 + (serial % BIRTH_DATES)}.1985`;
  const body = JSON.stringify({ town: serial % 2 === 0 ? 'Москва' : 'Псков', birth_date: date });
  return { citizenId: 1 + ((serial * 7919) % lastId), body };
}

export type Writer = {
  /** Makes one change; resolves with the resulting version and the time it was sent. */
  write(): Promise<Written>;
  /** Makes so many changes a second, each on schedule whatever the state of earlier ones; resolves with all of them. */
  writeSteadily(perSecond: number, seconds: number): Promise<Written[]>;
  /** The same until `stop`. */
  keepWriting(perSecond: number): { stop(): Promise<Written[]> };
  close(): void;
};

/** Changes citizens 1 to `lastId` of an import. Uses node:http, since fetch takes three times the CPU here. */
export function createWriter(importUrl: string, lastId: number): Writer {
  const agent = new Agent({ keepAlive: true });
  let serial = 0;

  function write(): Promise<Written> {
    const { citizenId, body } = changeOf(serial++, lastId);
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const sentAt = nowMs();
    return new Promise((resolve, reject) => {
      request(`${importUrl}/citizens/${citizenId}`, { method: 'PATCH', agent, headers })
        .on('response', (response) => {
          response.resume().on('end', () => {
            if (response.statusCode === 200) resolve([Number(response.headers['x-data-version']), sentAt]);
            else reject(new Error(`PATCH answered ${response.statusCode}`));
          });
        })
        .on('error', reject)
        .end(body);
    });
  }

  function keepWriting(perSecond: number) {
    let isOver = false;
    const loop = async () => {
      const writes: Promise<Written>[] = [];
      const startedAt = performance.now();
      while (!isOver) {
        writes.push(write());
        const nextAt = startedAt + (writes.length * 1000) / perSecond;
        await sleep(Math.max(0, nextAt - performance.now()));
      }
      return Promise.all(writes);
    };
    const all = loop();
    return {
      stop() {
        isOver = true;
        return all;
      },
    };
  }

  return {
    write,
    keepWriting,
    async writeSteadily(perSecond, seconds) {
      const writing = keepWriting(perSecond);
      await sleep(seconds * 1000);
      return writing.stop();
    },
    close: () => agent.destroy(),
  };
}
