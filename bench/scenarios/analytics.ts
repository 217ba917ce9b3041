import { join } from 'node:path';
import { scriptedTarantool } from '../../test/support/db/inspect.js';
import { projectDir } from '../../test/support/folder.js';
import { requestsPerSecond } from '../load.js';
import { compare, median, type Result, round, type Scenario, timeMs } from '../measure.js';
import { post, postStream, startBareServer, startFreshService } from '../processes.js';
import { CITIZENS, everydayBody, ndjsonOf } from '../samples.js';
import { createWriter } from '../writes.js';

const CONNECTIONS = 16;
const WRITES_A_SECOND = 50;
const ROUNDS = 7;
const MANY = 1_000_000;
/** As large as that of the everyday import: 2,000 presents. */
const PAIRS = 1_000;
const MILLION_IMPORTS = 3;
const READS_AFTER_CHANGE = 25;
const CHANGES_A_ROUND = 50;

/** Short answers are not compressed even on request. */
const AS_BROWSERS = 'Accept-Encoding: gzip, deflate';
const PERCENTILES = 'towns/stat/percentile/age';
const QUESTIONS = [
  { name: 'birthdays', path: 'citizens/birthdays', least: 0.5 },
  { name: 'percentiles', path: PERCENTILES, least: 0.55 },
] as const;

async function get(url: string): Promise<string> {
  const response = await fetch(url, { headers: { 'Accept-Encoding': 'identity' } });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`GET ${url} answered ${response.status}: ${text.slice(0, 500)}`);
  return text;
}

/** The size of the answer as sent to a browser. */
async function sentBytes(url: string): Promise<number> {
  const { headers } = await fetch(url, { method: 'HEAD', headers: { 'Accept-Encoding': 'gzip, deflate' } });
  return Number(headers.get('Content-Length'));
}

/** Requests per second to an import that changes meanwhile. */
async function rateUnderWrites(importUrl: string, path: string): Promise<number> {
  const writer = createWriter(importUrl, CITIZENS);
  const writing = writer.keepWriting(WRITES_A_SECOND);
  try {
    return await requestsPerSecond({ url: `${importUrl}/${path}`, connections: CONNECTIONS, header: AS_BROWSERS });
  } finally {
    await writing.stop();
    writer.close();
  }
}

const beside = `${CONNECTIONS} connections, while ${WRITES_A_SECOND} PATCHes a second arrive`;

async function analytics(): Promise<Result[]> {
  const service = await startFreshService();
  const bare = await startBareServer('koa');
  const importUrl = `${service.url}/imports/${await post(service.url, everydayBody())}`;
  const results: Result[] = [];
  for (const { name, path, least } of QUESTIONS) {
    const bytes = await sentBytes(`${importUrl}/${path}`);
    const { ratio, ours, yardstick } = await compare(
      () => rateUnderWrites(importUrl, path),
      () => requestsPerSecond({ url: bare.url, connections: CONNECTIONS }),
      ROUNDS,
    );
    results.push({
      name: 'analytics',
      what: `${name} of ${CITIZENS} citizens, ${beside}, against bare Koa with a small JSON`,
      target: { atLeast: least },
      value: ratio,
      unit: 'ratio',
      figures: `${round(ours)} requests a second of ${round(bytes / 1000)} kB, as browsers ask (gzip), against ${round(yardstick)}`,
    });
  }
  await Promise.all([service.stop(), bare.stop()]);
  return results;
}

async function analyticsOfMillion(): Promise<Result[]> {
  const service = await startFreshService();
  const smallUrl = `${service.url}/imports/${await post(service.url, everydayBody())}`;
  const body = ndjsonOf(MANY, PAIRS);
  const firsts: number[] = [];
  let largeUrl = '';
  for (let i = 0; i < MILLION_IMPORTS; i++) {
    if (largeUrl !== '') await fetch(largeUrl, { method: 'DELETE' });
    largeUrl = `${service.url}/imports/${await postStream(service.url, body)}`;
    firsts.push(await timeMs(() => get(`${largeUrl}/${PERCENTILES}`)));
  }
  const writer = createWriter(largeUrl, MANY);
  const afterChange: number[] = [];
  for (let i = 0; i < READS_AFTER_CHANGE; i++) {
    await writer.write();
    afterChange.push(await timeMs(() => get(`${largeUrl}/${PERCENTILES}`)));
  }
  writer.close();
  const results: Result[] = [
    {
      name: 'analytics-million',
      what: `first percentiles after an import of ${MANY / 1e6} million`,
      target: { atMost: 6 },
      value: median(firsts),
      unit: 'ms',
      figures: `${firsts.map(round).join(', ')} ms`,
    },
    {
      name: 'analytics-million',
      what: `percentiles of ${MANY / 1e6} million after a PATCH`,
      target: { atMost: 5 },
      value: median(afterChange),
      unit: 'ms',
      figures: `the slowest of ${READS_AFTER_CHANGE} ${round(Math.max(...afterChange))} ms`,
    },
  ];
  for (const { name, path } of QUESTIONS) {
    const { ratio, ours, yardstick } = await compare(
      () => rateUnderWrites(largeUrl, path),
      () => rateUnderWrites(smallUrl, path),
      ROUNDS,
    );
    results.push({
      name: 'analytics-million',
      what: `${name} of ${MANY / 1e6} million citizens, ${beside}, against those of ${CITIZENS}`,
      target: { atLeast: 0.9 },
      value: ratio,
      unit: 'ratio',
      figures: `${round(ours)} requests a second against ${round(yardstick)}`,
    });
  }
  await service.stop();
  return results;
}

/** Of an import in which every fifth citizen buys a present, as in the everyday one. */
async function birthdaysOfMillion(): Promise<Result[]> {
  const service = await startFreshService();
  const importUrl = `${service.url}/imports/${await postStream(service.url, ndjsonOf(MANY, MANY / 10))}`;
  const writer = createWriter(importUrl, MANY);
  const times: number[] = [];
  for (let i = 0; i < READS_AFTER_CHANGE; i++) {
    await writer.write();
    times.push(await timeMs(() => get(`${importUrl}/citizens/birthdays`)));
  }
  writer.close();
  await service.stop();
  return [
    {
      name: 'birthdays-million',
      what: `birthdays of ${MANY / 1e6} million after a PATCH, ${MANY / 5} givers`,
      target: { atMost: 30 },
      value: median(times),
      unit: 'ms',
      figures: `the first ${round(times[0] as number)} ms, the slowest ${round(Math.max(...times))} ms`,
    },
  ];
}

/** The same program without kept counts. */
async function startWithoutCounts() {
  const service = await startFreshService({
    ...scriptedTarantool(join(projectDir, 'bench', 'without_counts.lua')),
    NODE_OPTIONS: `--import ${new URL('../without_counts.js', import.meta.url).href}`,
  });
  return service;
}

async function costOfCounts(): Promise<Result[]> {
  const sides = [await startFreshService(), await startWithoutCounts()] as const;
  const body = everydayBody();
  const [ours, without] = sides.map(({ url }) => url) as [string, string];
  const imported = await compare(
    () => timeMs(() => post(ours, body)),
    () => timeMs(() => post(without, body)),
    3 * ROUNDS,
  );
  const urlAt = async (url: string) => `${url}/imports/${await post(url, body)}`;
  const bareUrl = await urlAt(without);
  if ((await get(`${bareUrl}/${PERCENTILES}`)) !== '{"data":[]}') throw new Error('the yardstick keeps counts');
  const writers = [createWriter(await urlAt(ours), CITIZENS), createWriter(bareUrl, CITIZENS)] as const;
  const changeWith = (writer: (typeof writers)[0]) => async () => {
    const took = await timeMs(async () => {
      for (let i = 0; i < CHANGES_A_ROUND; i++) await writer.write();
    });
    return took / CHANGES_A_ROUND;
  };
  const changed = await compare(changeWith(writers[0]), changeWith(writers[1]), 3 * ROUNDS);
  for (const writer of writers) writer.close();
  for (const side of sides) await side.stop();
  return [
    { what: `POST of ${CITIZENS} citizens`, found: imported },
    { what: 'PATCH of town and birth date', found: changed },
  ].map(({ what, found }) => ({
    name: 'counts-cost',
    what: `${what}, against the same program without the kept counts`,
    target: { atMost: 1.25 },
    value: found.ratio,
    unit: 'ratio',
    figures: `${round(found.ours)} ms against ${round(found.yardstick)} ms`,
  }));
}

export const analyticsScenarios: Scenario[] = [
  { name: 'analytics', run: analytics },
  { name: 'analytics-million', run: analyticsOfMillion },
  { name: 'birthdays-million', run: birthdaysOfMillion },
  { name: 'counts-cost', run: costOfCounts },
];
