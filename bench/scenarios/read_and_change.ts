import { requestsPerSecond } from '../load.js';
import { compare, type Result, round, type Scenario, timeMs } from '../measure.js';
import { post, startBareServer, startFreshService } from '../processes.js';
import { CITIZENS, everydayBody, everydayCitizens } from '../samples.js';

const CONNECTIONS = 16;
const CHANGE = JSON.stringify({ town: 'Керчь', apartment: 8 });

/** Uncompressed, like the yardstick; fetch would request compression. */
async function get(url: string): Promise<Buffer> {
  const response = await fetch(url, { headers: { 'Accept-Encoding': 'identity' } });
  return Buffer.from(await response.arrayBuffer());
}

async function change(url: string): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(url, { method: 'PATCH', headers, body: CHANGE });
  await response.arrayBuffer();
}

/** Cold: a change before each read rules out cached answers. */
async function listCold(): Promise<Result[]> {
  const service = await startFreshService();
  const importUrl = `${service.url}/imports/${await post(service.url, everydayBody())}/citizens`;
  const data = everydayCitizens();
  const { ratio, ours, yardstick } = await compare(
    async () => {
      await change(`${importUrl}/1`);
      return timeMs(() => get(importUrl));
    },
    () => timeMs(() => Buffer.from(JSON.stringify({ data }))),
  );
  await service.stop();
  return [
    {
      name: 'list-cold',
      what: `GET of ${CITIZENS} citizens, just changed, against JSON.stringify and bytes of them`,
      target: { atMost: 0.7 },
      value: ratio,
      unit: 'ratio',
      figures: `${round(ours)} ms against ${round(yardstick)} ms`,
    },
  ];
}

async function listUnchanged(): Promise<Result[]> {
  const service = await startFreshService();
  const importUrl = `${service.url}/imports/${await post(service.url, everydayBody())}/citizens`;
  const { length } = await get(importUrl);
  const bare = await startBareServer('http', String(length));
  const { ratio, ours, yardstick } = await compare(
    () => requestsPerSecond({ url: importUrl, connections: CONNECTIONS }),
    () => requestsPerSecond({ url: bare.url, connections: CONNECTIONS }),
  );
  await Promise.all([service.stop(), bare.stop()]);
  return [
    {
      name: 'list-unchanged',
      what: `GET of an unchanged import, ${CONNECTIONS} connections, against bare node:http with as many bytes`,
      target: { atLeast: 0.6 },
      value: ratio,
      unit: 'ratio',
      figures: `${round(ours)} requests a second against ${round(yardstick)}`,
    },
  ];
}

async function patch(): Promise<Result[]> {
  const service = await startFreshService();
  const importUrl = `${service.url}/imports/${await post(service.url, everydayBody())}/citizens`;
  const bare = await startBareServer('koa');
  const load = { method: 'PATCH', connections: CONNECTIONS, body: CHANGE } as const;
  const { ratio, ours, yardstick } = await compare(
    () => requestsPerSecond({ url: `${importUrl}/1`, ...load }),
    () => requestsPerSecond({ url: bare.url, ...load }),
  );
  await Promise.all([service.stop(), bare.stop()]);
  return [
    {
      name: 'patch',
      what: `PATCH, ${CONNECTIONS} connections, against bare Koa with a JSON body`,
      target: { atLeast: 0.5 },
      value: ratio,
      unit: 'ratio',
      figures: `${round(ours)} requests a second against ${round(yardstick)}`,
    },
  ];
}

export const readAndChangeScenarios: Scenario[] = [
  { name: 'list-cold', run: listCold },
  { name: 'list-unchanged', run: listUnchanged },
  { name: 'patch', run: patch },
];
