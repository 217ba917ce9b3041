import { childOf, cpuMs } from '../cpu.js';
import { compare, type Result, ROUNDS, round, type Scenario, timeMs } from '../measure.js';
import { post, startFreshService } from '../processes.js';
import { CITIZENS, escapedBody, everydayBody } from '../samples.js';

const CLIENTS = 4;
const ROUNDS_OF_LARGE = 7;
const WARM_UP_IMPORTS = 20;
/** The CPU time of a process is known in ticks of 10 ms. */
const CPU_IMPORTS = 60;

const parseMs = (body: Buffer) => timeMs(() => JSON.parse(body.toString()));

async function importOne(): Promise<Result[]> {
  const service = await startFreshService();
  const body = everydayBody();
  const { ratio, ours, yardstick } = await compare(
    () => timeMs(() => post(service.url, body)),
    () => parseMs(body),
  );
  await service.stop();
  return [
    {
      name: 'import',
      what: `POST of ${CITIZENS} citizens (${round(body.length / 1e6)} MB), one client, against JSON.parse of it`,
      target: { atMost: 1.5 },
      value: ratio,
      unit: 'ratio',
      figures: `${round(ours)} ms against ${round(yardstick)} ms`,
    },
  ];
}

/** One client, one import after the other. */
async function importCpu(): Promise<Result[]> {
  const service = await startFreshService();
  const body = everydayBody();
  const web = service.child.pid as number;
  const database = childOf(web);
  for (let i = 0; i < WARM_UP_IMPORTS; i++) await post(service.url, body);
  const before = { web: cpuMs(web), database: cpuMs(database) };
  for (let i = 0; i < CPU_IMPORTS; i++) await post(service.url, body);
  const webMs = (cpuMs(web) - before.web) / CPU_IMPORTS;
  const databaseMs = (cpuMs(database) - before.database) / CPU_IMPORTS;
  await service.stop();
  return [
    {
      name: 'import-cpu',
      what: `CPU time of a POST of ${CITIZENS} citizens, all threads of both processes`,
      target: { atMost: 32 },
      value: webMs + databaseMs,
      unit: 'ms',
      figures: `${round(webMs)} ms in the service, ${round(databaseMs)} ms in Tarantool; ${CPU_IMPORTS} imports`,
    },
  ];
}

async function importFour(): Promise<Result[]> {
  const service = await startFreshService();
  const body = everydayBody();
  const postAll = () => Promise.all(Array.from({ length: CLIENTS }, () => post(service.url, body)));
  const perSecond = (citizens: number, ms: number) => (citizens * 1000) / ms;
  const { ratio, ours, yardstick } = await compare(
    async () => perSecond(CLIENTS * CITIZENS, await timeMs(postAll)),
    async () => perSecond(CITIZENS, await parseMs(body)),
  );
  await service.stop();
  return [
    {
      name: 'import-4',
      what: `citizens a second, ${CLIENTS} clients at once, against JSON.parse alone in one thread`,
      target: { atLeast: 0.8 },
      value: ratio,
      unit: 'ratio',
      figures: `${round(ours)} a second against ${round(yardstick)}`,
    },
  ];
}

async function importEscaped(): Promise<Result[]> {
  const service = await startFreshService();
  const body = escapedBody();
  const { ratio, ours, yardstick } = await compare(
    () => timeMs(() => post(service.url, body)),
    () => parseMs(body),
    Math.min(ROUNDS, ROUNDS_OF_LARGE),
  );
  await service.stop();
  return [
    {
      name: 'import-escaped',
      what: `POST of ${round(body.length / 1e6)} MB of \\uXXXX against JSON.parse of it`,
      target: { atMost: 2.4 },
      value: ratio,
      unit: 'ratio',
      figures: `${round(ours)} ms against ${round(yardstick)} ms`,
    },
  ];
}

export const importScenarios: Scenario[] = [
  { name: 'import', run: importOne },
  { name: 'import-cpu', run: importCpu },
  { name: 'import-4', run: importFour },
  { name: 'import-escaped', run: importEscaped },
];
