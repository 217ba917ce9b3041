import { setTimeout as sleep } from 'node:timers/promises';
import { quantile, type Result, repeatUntil, round, type Scenario } from '../measure.js';
import { startProbedService } from '../probed_service.js';
import { post } from '../processes.js';
import { everydayBody } from '../samples.js';

const SECONDS = 10;
const PAUSE_BETWEEN_READS_MS = 2;
const WARM_UP_IMPORTS = 5;

/** How clients import: `clients` of them, each one import after the other, or one after each `everyMs`. */
type Importing = { name: string; clients: number; everyMs?: number; words: string; maxReadMs: number };

const WITHOUT_PAUSE: Importing = {
  name: 'under-imports',
  clients: 2,
  words: 'while 2 clients import without pause',
  maxReadMs: 25,
};
const TEN_A_SECOND: Importing = {
  name: 'beside-imports',
  clients: 1,
  everyMs: 100,
  words: 'at 10 imports a second',
  maxReadMs: 15,
};

/** Makes `work` last at least `everyMs`. */
async function paced(everyMs: number, work: () => Promise<unknown>): Promise<void> {
  await Promise.all([work(), everyMs > 0 && sleep(everyMs)]);
}

/** The latency of other requests while clients import. */
async function besideImports({ name, clients, everyMs = 0, words, maxReadMs }: Importing): Promise<Result[]> {
  const service = await startProbedService();
  const body = everydayBody();
  const importId = await post(service.url, Buffer.from(JSON.stringify({ citizens: [] })));
  const small = () => fetch(`${service.url}/imports/${importId}/citizens`).then((response) => response.text());
  for (let i = 0; i < WARM_UP_IMPORTS; i++) await post(service.url, body);

  await service.stalls();
  await service.loopDelay();
  const until = performance.now() + SECONDS * 1000;
  const importing = Array.from({ length: clients }, () =>
    repeatUntil(until, () => paced(everyMs, () => post(service.url, body)), 0),
  );
  const reading = repeatUntil(until, small, PAUSE_BETWEEN_READS_MS);
  const imports = (await Promise.all(importing)).flat().length;
  const reads = await reading;
  const stalls = await service.stalls();
  const loop = await service.loopDelay();
  await service.stop();

  return [
    {
      name,
      what: `p99 of a small GET ${words}`,
      target: { atMost: maxReadMs },
      value: quantile(reads, 0.99),
      unit: 'ms',
      figures: `${imports} imports in ${SECONDS} s, ${reads.length} GETs, median ${round(quantile(reads, 0.5))} ms`,
    },
    {
      name,
      what: `p99 of the event loop's delay ${words}`,
      target: { atMost: 20 },
      value: loop.p99Ms,
      unit: 'ms',
      figures: `longest ${round(loop.maxMs)} ms`,
    },
    {
      name,
      what: `longest wait for the TX thread ${words}`,
      target: { atMost: 15 },
      value: stalls.longestMs,
      unit: 'ms',
      figures: `${stalls.count} waits, p99 ${round(stalls.p99Ms)} ms, seen by a fiber in Tarantool`,
    },
  ];
}

export const underLoadScenarios: Scenario[] = [WITHOUT_PAUSE, TEN_A_SECOND].map((importing) => ({
  name: importing.name,
  run: () => besideImports(importing),
}));
