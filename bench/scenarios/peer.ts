import { requestsPerSecond } from '../load.js';
import { compare, type Result, round, type Scenario, timeMs } from '../measure.js';
import { createPool } from '../peers/postgres/database.js';
import { post, startFreshService, startPostgresPeer } from '../processes.js';
import { assertSameAnswers, type Both } from '../same_answers.js';
import { CITIZENS, everydayBody } from '../samples.js';

const CONNECTIONS = 16;
const CLIENTS = 4;
const CHANGE = JSON.stringify({ town: 'Керчь', apartment: 8 });

type Sides = {
  /** The base URL of each side. */
  urls: Both;
  /** The everyday import on each side, after a few changes. */
  imports: Both;
};

/** Measures one side; the scenario alternates between both. */
type Measure = (url: string) => Promise<number>;
type Unit = 'requests a second' | 'citizens a second' | 'ms';

/** Does what autovacuum would do within a minute, and takes a checkpoint so that none is due during measurement. */
async function settle(socketDir: string): Promise<void> {
  const pool = createPool(socketDir);
  await pool.query('VACUUM ANALYZE');
  await pool.query('CHECKPOINT');
  await pool.end();
}

/** Starts both services afresh and verifies that they give the same answers before anything is timed. */
async function withBoth(work: (sides: Sides) => Promise<Result[]>): Promise<Result[]> {
  const service = await startFreshService();
  const peer = await startPostgresPeer();
  try {
    const imports = await assertSameAnswers(service.url, peer.url);
    await settle(peer.socketDir);
    return await work({ urls: { ours: service.url, peer: peer.url }, imports });
  } finally {
    await Promise.all([service.stop(), peer.stop()]);
  }
}

type Comparison = {
  name: string;
  what: string;
  unit: Unit;
  /** The addresses that `measure` is called with: of the services, or of their imports. */
  at: keyof Sides;
  measure: Measure;
};

function scenario({ name, what, unit, at, measure }: Comparison): Scenario {
  return {
    name,
    run: () =>
      withBoth(async (sides) => {
        const { ours: ourUrl, peer: peerUrl } = sides[at];
        const { ratio, ours, yardstick } = await compare(
          () => measure(ourUrl),
          () => measure(peerUrl),
        );
        const better = unit === 'ms' ? 'less' : 'more';
        return [
          {
            name,
            what: `${what}, Svodka / PostgreSQL (${better} is better)`,
            target: undefined,
            value: ratio,
            unit: 'ratio',
            figures: `${round(ours)} against ${round(yardstick)} ${unit}`,
          },
        ];
      }),
  };
}

async function readWhole(url: string, init?: RequestInit): Promise<void> {
  const response = await fetch(url, init);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}

const body = everydayBody();
const importOne: Measure = (url) => timeMs(() => post(url, body));

async function importFour(url: string): Promise<number> {
  const ms = await timeMs(() => Promise.all(Array.from({ length: CLIENTS }, () => post(url, body))));
  return (CLIENTS * CITIZENS * 1000) / ms;
}

/** A change before each read rules out cached answers. */
async function listCold(url: string): Promise<number> {
  const headers = { 'Content-Type': 'application/json' };
  await readWhole(`${url}/citizens/1`, { method: 'PATCH', headers, body: CHANGE });
  return timeMs(() => readWhole(`${url}/citizens`));
}

const reads =
  (path: string): Measure =>
  (url) =>
    requestsPerSecond({ url: `${url}${path}`, connections: CONNECTIONS });

const patch = { method: 'PATCH', connections: CONNECTIONS, body: CHANGE } as const;
const patchSpread: Measure = (url) => requestsPerSecond({ ...patch, url: `${url}/citizens`, lastId: CITIZENS });
const patchOne: Measure = (url) => requestsPerSecond({ ...patch, url: `${url}/citizens/1` });

const many = `${CONNECTIONS} connections`;

/** The same work for Svodka and for the five handlers on Koa and PostgreSQL (bench/peers/postgres). */
export const peerScenarios: Scenario[] = [
  scenario({
    name: 'import',
    what: `POST of ${CITIZENS} citizens, one client`,
    unit: 'ms',
    at: 'urls',
    measure: importOne,
  }),
  scenario({
    name: 'import-4',
    what: `POST of ${CITIZENS} citizens, ${CLIENTS} clients`,
    unit: 'citizens a second',
    at: 'urls',
    measure: importFour,
  }),
  scenario({
    name: 'list-cold',
    what: `GET of ${CITIZENS} citizens, just changed`,
    unit: 'ms',
    at: 'imports',
    measure: listCold,
  }),
  scenario({
    name: 'list-repeated',
    what: `GET of an unchanged import, ${many}`,
    unit: 'requests a second',
    at: 'imports',
    measure: reads('/citizens'),
  }),
  scenario({
    name: 'patch',
    what: `PATCH of all citizens in turns, ${many}`,
    unit: 'requests a second',
    at: 'imports',
    measure: patchSpread,
  }),
  scenario({
    name: 'patch-one',
    what: `PATCH of one citizen, ${many}`,
    unit: 'requests a second',
    at: 'imports',
    measure: patchOne,
  }),
  scenario({
    name: 'birthdays',
    what: `GET of birthdays, ${many}`,
    unit: 'requests a second',
    at: 'imports',
    measure: reads('/citizens/birthdays'),
  }),
  scenario({
    name: 'percentiles',
    what: `GET of percentiles, ${many}`,
    unit: 'requests a second',
    at: 'imports',
    measure: reads('/towns/stat/percentile/age'),
  }),
];
