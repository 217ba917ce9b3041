import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type RunningTarantool, startTarantool } from '../db/tarantool.js';
import { makeFolder, projectDir } from '../folder.js';
import { freePort } from '../ports.js';
import { until } from '../until.js';

/** The folder that contains vshard/init.lua. vshard is in no registry that the tests may use. */
const VSHARD = process.env['VSHARD'];

/** For the `skip` of a suite. */
export const skipsWithoutVshard =
  VSHARD === undefined ? 'VSHARD must name the folder that contains vshard/init.lua' : false;

const SHARDS_PASSWORD = 'for-the-shards';
const REPLICATION_PASSWORD = 'for-the-replicas';
/** Fewer than in production: a bucket is found, and distributed, one after the other. */
const BUCKET_COUNT = 300;

export type Instance = {
  name: string;
  port: number;
  dataDir: string;
  /** The current process. */
  running: RunningTarantool | undefined;
  start(): Promise<RunningTarantool>;
};

export type StorageSet = { name: string; instances: Instance[] };

export type Cluster = {
  sets: StorageSet[];
  routers: RunningTarantool[];
  /** Starts one more router. */
  startRouter(): Promise<RunningTarantool>;
  /** Starts one more set, and has storages and routers take it into their topology. */
  addSet(name: string): Promise<StorageSet>;
  stop(): Promise<void>;
};

type ClusterOptions = {
  setCount?: number;
  /** Instances of each set: the first is the primary. */
  instanceCount?: 1 | 2;
  routerCount?: number;
  /** Settings of all storages and routers. */
  env?: Record<string, string>;
  /** What storages run in the place of tarantool/app.lua. */
  script?: string;
};

/** Sends a command to the control socket of a Tarantool; resolves with its answer. */
export async function control(dataDir: string, request: { command: string }): Promise<Record<string, unknown>> {
  const socket = connect(join(dataDir, 'control.sock'));
  socket.end(`${JSON.stringify(request)}\n`);
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  await once(socket, 'close');
  return JSON.parse(Buffer.concat(parts).toString());
}

type SetOptions = { instanceCount: number; env: Record<string, string>; script: string | undefined };

async function createSet(name: string, { instanceCount, env, script }: SetOptions): Promise<StorageSet> {
  const ports = await Promise.all(Array.from({ length: instanceCount }, freePort));
  const instances = ports.map((port, place): Instance => {
    const instance: Instance = {
      name: `${name}${place + 1}`,
      port,
      dataDir: makeFolder(),
      running: undefined,
      async start() {
        const peerPort = ports[1 - place];
        const peerEnv: Record<string, string> =
          peerPort === undefined
            ? {}
            : {
                SVODKA_PEER: `127.0.0.1:${peerPort}`,
                SVODKA_REPLICATION_PASSWORD: REPLICATION_PASSWORD,
                SVODKA_STANDBY: place === 1 ? '1' : '',
              };
        instance.running = await startTarantool({
          over: { port },
          dataDir: instance.dataDir,
          env: { ...env, ...peerEnv, SVODKA_INSTANCE: instance.name },
          ...(script !== undefined && { script }),
        });
        return instance.running;
      },
    };
    return instance;
  });
  return { name, instances };
}

function writeTopology(path: string, sets: readonly StorageSet[]): void {
  const described = sets.map(({ name, instances }) => [
    name,
    { instances: Object.fromEntries(instances.map((each) => [each.name, `127.0.0.1:${each.port}`])) },
  ]);
  const topology = { bucket_count: BUCKET_COUNT, user: 'shard', sets: Object.fromEntries(described) };
  writeFileSync(path, JSON.stringify(topology));
}

async function startSet({ instances }: StorageSet): Promise<void> {
  // A replica copies its primary, which must be there.
  for (const instance of instances) await instance.start();
}

async function command(dataDir: string, name: string): Promise<void> {
  await until(`${name} succeeds`, async () => (await control(dataDir, { command: name }))['ok'] === true);
}

/** Starts sets of storages and routers with the real vshard, and distributes the buckets. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { setCount = 2, instanceCount = 1, routerCount = 1 } = options;
  const topologyPath = join(makeFolder(), 'topology.json');
  const env = {
    ...options.env,
    SVODKA_SHARDS: topologyPath,
    SVODKA_SHARDS_PASSWORD: SHARDS_PASSWORD,
    SVODKA_VSHARD_PATH: VSHARD ?? '',
  };
  const setOptions = { instanceCount, env, script: options.script };
  const names = Array.from({ length: setCount }, (_, place) => String.fromCharCode(97 + place));
  const sets = await Promise.all(names.map((name) => createSet(name, setOptions)));
  writeTopology(topologyPath, sets);

  const cluster: Cluster = {
    sets,
    routers: [],

    async startRouter() {
      const script = join(projectDir, 'tarantool', 'router.lua');
      const router = await startTarantool({ script, env });
      cluster.routers.push(router);
      return router;
    },

    async addSet(name) {
      const set = await createSet(name, setOptions);
      sets.push(set);
      writeTopology(topologyPath, sets);
      await startSet(set);
      // Routers come first: they must know the set before it gets buckets.
      const folders = sets.flatMap(({ instances }) => instances.map(({ dataDir }) => dataDir));
      for (const dataDir of [...cluster.routers.map((router) => router.dataDir), ...folders]) {
        await command(dataDir, 'reload_topology');
      }
      return set;
    },

    async stop() {
      const storages = sets.flatMap(({ instances }) => instances.flatMap(({ running }) => running ?? []));
      await Promise.all([...cluster.routers, ...storages].map((each) => each.end('SIGKILL')));
    },
  };
  try {
    await Promise.all(sets.map(startSet));
    for (let started = 0; started < routerCount; started++) await cluster.startRouter();
    await command((cluster.routers[0] as RunningTarantool).dataDir, 'bootstrap');
    return cluster;
  } catch (reason) {
    // Otherwise what has started would keep the test process from ending.
    await cluster.stop();
    throw reason;
  }
}

/** How a service reaches the routers. */
export function settingsForRouters(routers: readonly RunningTarantool[]): Record<string, string> {
  const [first] = routers;
  if (first === undefined) throw new Error('a cluster without routers');
  const uris = routers.map(({ address }) => ('path' in address ? address.path : `${address.host}:${address.port}`));
  return {
    SVODKA_TARANTOOL_URI: uris.join(','),
    SVODKA_TARANTOOL_USER: first.user,
    SVODKA_TARANTOOL_PASSWORD: first.password,
  };
}
