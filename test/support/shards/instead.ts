import { settingsForRouters, startCluster } from './cluster.js';

/** How many sets the services of the tests are to have: the suites of the API run on a cluster as well. */
const SET_COUNT = Number(process.env['SVODKA_TEST_SHARDS'] ?? 0);

/** Settings of an embedded Tarantool that storages need too. */
const STORAGE_SETTINGS = [
  'SVODKA_WINGS',
  'SVODKA_TASK_KEEP',
  'SVODKA_ALARM_QUIET',
  'SVODKA_VOTES',
  'SVODKA_CASE_HOLD',
  'SVODKA_VOTE_REWARD',
  'SVODKA_INSERT',
];
/** A service with one of these brings its own Tarantool. */
const OWN_DATABASE = ['SVODKA_TARANTOOL_URI', 'SVODKA_TARANTOOL_BIN'];

type Settings = Readonly<Record<string, string | undefined>>;

/** What a service has in the place of an embedded Tarantool. */
export type InsteadOfEmbedded = { env: Settings; stop(): Promise<void> };

/** With SVODKA_TEST_SHARDS=2, starts a cluster of two sets for a service that would start a Tarantool. */
export async function startInsteadOfEmbedded(env: Settings): Promise<InsteadOfEmbedded> {
  if (SET_COUNT === 0 || OWN_DATABASE.some((name) => env[name] !== undefined)) {
    return { env: {}, stop: async () => {} };
  }
  const storageEnv = STORAGE_SETTINGS.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
  const cluster = await startCluster({ setCount: SET_COUNT, env: Object.fromEntries(storageEnv) });
  return { env: settingsForRouters(cluster.routers), stop: cluster.stop };
}
