import { requestsPerSecond } from '../load.js';
import { compare, type Result, round, type Scenario, timeMs } from '../measure.js';
import { PEERS, type PeerName, post, startFreshService, startPeer } from '../processes.js';
import { assertSameAnswers, type Both } from '../same_answers.js';
import { CITIZENS, everydayBody } from '../samples.js';

const CONNECTIONS = 16;
/** Fewer than those of the other benchmark: a peer takes four minutes. */
const ROUNDS = 5;
const WARM_UPS = 2;
const SECONDS = 2;
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

/** Starts both services afresh and verifies that they give the same answers before anything is timed. */
async function withBoth(name: PeerName, work: (sides: Sides) => Promise<Result>): Promise<Result[]> {
  const service = await startFreshService();
  const peer = await startPeer(name);
  try {
    const imports = await assertSameAnswers(service.url, peer.url);
    await readWhole(`${peer.url}/settle`, { method: 'POST' });
    return [await work({ urls: { ours: service.url, peer: peer.url }, imports })];
  } finally {
    await Promise.all([service.stop(), peer.stop()]);
  }
}

async function readWhole(url: string, init?: RequestInit): Promise<void> {
  const response = await fetch(url, init);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}

type Comparison = {
  name: string;
  what: string;
  unit: Unit;
  /** The addresses that `measure` is called with: of the services, or of their imports. */
  at: keyof Sides;
  measure: Measure;
  /** Of the ratio, by peer. */
  targets?: Partial<Record<PeerName, Result['target']>>;
};

function scenario(peer: PeerName, { name, what, unit, at, measure, targets }: Comparison): Scenario {
  return {
    name,
    run: () =>
      withBoth(peer, async (sides) => {
        const { ours: ourUrl, peer: peerUrl } = sides[at];
        const { ratio, ours, yardstick } = await compare(
          () => measure(ourUrl),
          () => measure(peerUrl),
          ROUNDS,
          WARM_UPS,
        );
        const better = unit === 'ms' ? 'less' : 'more';
        return {
          name,
          what: `${what}, Svodka / ${PEERS[peer]} (${better} is better)`,
          target: targets?.[peer],
          value: ratio,
          unit: 'ratio',
          figures: `${round(ours)} against ${round(yardstick)} ${unit}`,
        };
      }),
  };
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
    requestsPerSecond({ url: `${url}${path}`, connections: CONNECTIONS, seconds: SECONDS });

const patch = { method: 'PATCH', connections: CONNECTIONS, body: CHANGE, seconds: SECONDS } as const;
const patchSerial: Measure = async (url) => {
  return 1000 / (await requestsPerSecond({ ...patch, connections: 1, url: `${url}/citizens`, lastId: CITIZENS }));
};
const patchSpread: Measure = (url) => requestsPerSecond({ ...patch, url: `${url}/citizens`, lastId: CITIZENS });
const patchOne: Measure = (url) => requestsPerSecond({ ...patch, url: `${url}/citizens/1` });

const many = `${CONNECTIONS} connections`;

const COMPARISONS: readonly Comparison[] = [
  {
    name: 'import',
    what: `POST of ${CITIZENS} citizens, one client`,
    unit: 'ms',
    at: 'urls',
    measure: importOne,
  },
  {
    name: 'import-4',
    what: `POST of ${CITIZENS} citizens, ${CLIENTS} clients`,
    unit: 'citizens a second',
    at: 'urls',
    measure: importFour,
  },
  {
    name: 'list-cold',
    what: `GET of ${CITIZENS} citizens, just changed`,
    unit: 'ms',
    at: 'imports',
    measure: listCold,
  },
  {
    name: 'list-repeated',
    what: `GET of an unchanged import, ${many}`,
    unit: 'requests a second',
    at: 'imports',
    measure: reads('/citizens'),
  },
  {
    name: 'patch-serial',
    what: 'PATCH of all citizens, one after the other by one client',
    unit: 'ms',
    at: 'imports',
    measure: patchSerial,
    targets: { sqlite: { atMost: 1 } },
  },
  {
    name: 'patch',
    what: `PATCH of all citizens in turns, ${many}`,
    unit: 'requests a second',
    at: 'imports',
    measure: patchSpread,
  },
  {
    name: 'patch-one',
    what: `PATCH of one citizen, ${many}`,
    unit: 'requests a second',
    at: 'imports',
    measure: patchOne,
  },
  {
    name: 'birthdays',
    what: `GET of birthdays, ${many}`,
    unit: 'requests a second',
    at: 'imports',
    measure: reads('/citizens/birthdays'),
  },
  {
    name: 'percentiles',
    what: `GET of percentiles, ${many}`,
    unit: 'requests a second',
    at: 'imports',
    measure: reads('/towns/stat/percentile/age'),
  },
];

/** The same work for Svodka and for the same five handlers on a peer (bench/peers). */
export function peerScenarios(peer: PeerName): Scenario[] {
  return COMPARISONS.map((comparison) => scenario(peer, comparison));
}
