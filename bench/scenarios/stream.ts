import { median, type Result, round, type Scenario, timeMs } from '../measure.js';
import { type ProbedService, startProbedService } from '../probed_service.js';
import { post, postStream } from '../processes.js';
import { CITIZENS, everydayBody, ndjsonOf } from '../samples.js';

const MANY = 1_000_000;
const PAIRS = 100_000;
const ROUNDS = 3;
const SAMPLE_MS = 20;

/** Runs `work`; returns the service's peak memory meanwhile. */
async function peakRss(service: ProbedService, work: () => Promise<unknown>): Promise<number> {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, service.rssBytes());
  }, SAMPLE_MS);
  await work();
  clearInterval(timer);
  return most;
}

async function streamMillion(): Promise<Result[]> {
  const service = await startProbedService();
  const everyday = everydayBody();
  const body = ndjsonOf(MANY, PAIRS);
  for (let i = 0; i < 3; i++) await post(service.url, everyday);
  const idleRss = service.rssBytes();
  const small: number[] = [];
  const large: number[] = [];
  const rss: number[] = [];
  const stalls: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < 5; i++) small.push(await timeMs(() => post(service.url, everyday)));
    await service.stalls();
    const most = await peakRss(service, async () => {
      large.push(await timeMs(() => postStream(service.url, body)));
    });
    stalls.push((await service.stalls()).longestMs);
    rss.push(most - idleRss);
  }
  await service.stop();
  const aCitizen = { small: (median(small) * 1000) / CITIZENS, large: (median(large) * 1000) / MANY };
  const what = `${MANY / 1e6} million citizens as NDJSON (${round(body.length / 1e6)} MB)`;
  return [
    {
      name: 'stream',
      what: `${what}: time a citizen against the import of ${CITIZENS}`,
      target: { atMost: 1.5 },
      value: aCitizen.large / aCitizen.small,
      unit: 'ratio',
      figures: `${round(aCitizen.large)} us against ${round(aCitizen.small)} us; ${round(median(large) / 1000)} s`,
    },
    {
      name: 'stream',
      what,
      target: { atMost: 3_000 },
      value: median(large),
      unit: 'ms',
      figures: `${ROUNDS} runs: ${large.map(round).join(', ')} ms`,
    },
    {
      name: 'stream',
      what: `${what}: memory of the service above idle`,
      target: { atMost: 150 },
      value: Math.max(...rss) / 1e6,
      unit: 'MB',
      figures: `${round(idleRss / 1e6)} MB when idle`,
    },
    {
      name: 'stream',
      what: `${what}: longest wait for the TX thread`,
      target: { atMost: 15 },
      value: median(stalls),
      unit: 'ms',
      figures: `in ${ROUNDS} runs: ${stalls.map(round).join(', ')} ms, seen by a fiber in Tarantool`,
    },
  ];
}

export const streamScenarios: Scenario[] = [{ name: 'stream', run: streamMillion }];
