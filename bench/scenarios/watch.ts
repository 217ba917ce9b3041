import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childOf, cpuShare } from '../cpu.js';
import { median, type Result, round, type Scenario } from '../measure.js';
import { post, startFreshService } from '../processes.js';
import { CITIZENS, everydayBody } from '../samples.js';
import type { Delays, Written } from '../watching.js';
import { createWriter } from '../writes.js';

const WATCHERS = 500;
const WRITES_A_SECOND = 100;
const SECONDS = 5;
const ROUNDS = 3;
/** The maximum time between the last write and the last event. */
const SETTLE_MS = 500;

async function startWatching(url: string, count: number) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../watching.js', import.meta.url)), url, `${count}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit')]);
  if (line !== 'watching') throw new Error('the watchers could not watch');
  return {
    async delays(written: readonly Written[]): Promise<Delays> {
      child.stdin.write(`${JSON.stringify(written)}\n`);
      const [answer] = await once(lines, 'line');
      return JSON.parse(answer);
    },
    async stop() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

async function watchOne(): Promise<Result[]> {
  const service = await startFreshService();
  const importUrl = `${service.url}/imports/${await post(service.url, everydayBody())}`;
  const writer = createWriter(importUrl, CITIZENS);
  const pid = service.child.pid as number;
  const pids = [pid, childOf(pid)];
  const write = () => writer.writeSteadily(WRITES_A_SECOND, SECONDS);
  await write();
  const unwatched = await cpuShare(pids, write);
  const watchers = await startWatching(`${importUrl}/events`, WATCHERS);
  await write();
  await sleep(SETTLE_MS);
  await watchers.delays([]);
  const idle = await cpuShare(pids, () => sleep(SECONDS * 1000));
  const rounds: Delays[] = [];
  const shares: number[][] = [];
  for (let i = 0; i < ROUNDS; i++) {
    let written: Written[] = [];
    shares.push(
      await cpuShare(pids, async () => {
        written = await write();
      }),
    );
    await sleep(SETTLE_MS);
    const delays = await watchers.delays(written);
    if (delays.missed > 0) throw new Error(`${delays.missed} changes were never told`);
    rounds.push(delays);
  }
  await watchers.stop();
  writer.close();
  await service.stop();

  const share = (place: number) => median(shares.map((pair) => pair[place] as number));
  const above = (place: number) => share(place) - (idle[place] as number);
  const what = `${WATCHERS} watchers of an import, ${WRITES_A_SECOND} writes a second`;
  return [
    {
      name: 'watch',
      what: `${what}: p99 from a write's sending to the event of it`,
      target: { atMost: 250 },
      value: median(rounds.map(({ p99Ms }) => p99Ms)),
      unit: 'ms',
      figures:
        `median ${round(median(rounds.map(({ medianMs }) => medianMs)))} ms, p99 ` +
        `${rounds.map(({ p99Ms }) => round(p99Ms)).join(', ')} ms; ${rounds[0]?.events} events in ${SECONDS} s`,
    },
    {
      name: 'watch',
      what: `${what}: CPU of the service above idle, of one core`,
      target: undefined,
      value: above(0),
      unit: '%',
      figures:
        `${round(idle[0] as number)} % idle with the watchers, ${round(unwatched[0] as number)} % the writes without ` +
        `watchers; Tarantool ${round(above(1))} %`,
    },
  ];
}

export const watchScenarios: Scenario[] = [{ name: 'watch', run: watchOne }];
