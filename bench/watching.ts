// Watchers in a process of their own, so that they delay nothing else: `node watching.js URL COUNT` opens that many
// event streams and prints `watching`. For each line of stdin, a JSON list of [version, time of its write], it prints a
// line of JSON with the delays since the previous line. Times are milliseconds of the machine's monotonic clock.

import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { nowMs } from './clock.js';
import { quantile } from './measure.js';

export type Written = [version: number, writtenAt: number];
export type Delays = { events: number; missed: number; medianMs: number; p99Ms: number; maxMs: number };

type Watcher = { versions: number[]; heardAt: number[] };

const ID = /^id: (\d+)$/gm;

function watch({ hostname, port, pathname }: URL): Promise<Watcher> {
  const watcher: Watcher = { versions: [], heardAt: [] };
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname).setNoDelay(true).setEncoding('utf8');
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    socket.on('data', (text: string) => {
      const heardAt = nowMs();
      for (const [, version] of text.matchAll(ID)) {
        watcher.versions.push(Number(version));
        watcher.heardAt.push(heardAt);
      }
      if (watcher.versions.length > 0) resolve(watcher);
    });
    socket.on('error', reject).on('close', () => reject(new Error('a stream of events ended')));
  });
}

/** Delays from each write to the first event of each watcher with its version or a later one. */
function delaysOf(watchers: readonly Watcher[], written: readonly Written[]): Delays {
  const delays: number[] = [];
  let missed = 0;
  let events = 0;
  for (const { versions, heardAt } of watchers) {
    let at = 0;
    for (const [version, writtenAt] of written) {
      while (at < versions.length && (versions[at] as number) < version) at++;
      if (at === versions.length) missed++;
      else delays.push((heardAt[at] as number) - writtenAt);
    }
    events += versions.length;
    versions.length = 0;
    heardAt.length = 0;
  }
  return {
    events,
    missed,
    medianMs: quantile(delays, 0.5),
    p99Ms: quantile(delays, 0.99),
    maxMs: quantile(delays, 1),
  };
}

const [url, count] = process.argv.slice(2);
const watchers = await Promise.all(Array.from({ length: Number(count) }, () => watch(new URL(url as string))));
process.stdout.write('watching\n');
createInterface({ input: process.stdin })
  .on('line', (line) => process.stdout.write(`${JSON.stringify(delaysOf(watchers, JSON.parse(line)))}\n`))
  .on('close', () => process.exit());
