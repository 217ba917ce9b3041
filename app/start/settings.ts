import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { ConfigError, readSettings, type SettingsTable } from '../config.js';
import { checkDbSettings, REPLICATION_SETTINGS, SHARD_SETTINGS, TARANTOOL_SETTINGS } from '../db/settings.js';
import { isLoopback } from '../host_names.js';
import { LOG_SETTINGS } from '../log/log.js';
import { COMMON, WINGS } from '../wings.js';
import { giveUp } from './give_up.js';

const SERVICE_SETTINGS = {
  wings: {
    name: 'SVODKA_WINGS',
    kind: 'someOf',
    values: WINGS.map(({ name }) => name),
    isForTarantool: true,
    help: 'the wings that are on. One that is off has no routes, no procedures and no background work; its data stay as they are',
  },
  webProcesses: {
    name: 'SVODKA_WEB_PROCESSES',
    kind: 'wholeNumber',
    ...{ default: 1, min: 1, max: 64 },
    words: { auto: Math.max(1, availableParallelism() - 1) },
    help: 'processes that answer requests on one port; `auto`: one less than there are cores; see [web processes](#web-processes)',
  },
  ...LOG_SETTINGS,
  url: {
    name: 'SVODKA_URL',
    kind: 'elsewhere',
    valuesText: 'a URL',
    defaultText: '`http://127.0.0.1:8080`',
    help: 'where the command line finds the service',
  },
  token: {
    name: 'SVODKA_TOKEN',
    kind: 'elsewhere',
    valuesText: 'a token',
    defaultText: '`admin-token` of `SVODKA_DATA_DIR`, where the service is on this machine',
    help: 'the token of the command line',
  },
} as const satisfies SettingsTable;

/** Every setting of the service, in the order of docs/operations.md. */
export const ALL_SETTINGS = {
  ...COMMON.settings,
  ...(Object.assign({}, ...WINGS.map(({ settings }) => settings)) as Record<never, never>),
  ...SERVICE_SETTINGS,
};

/** The tables of docs/operations.md, by the names of their markers. */
export const SETTINGS_TABLES: Readonly<Record<string, SettingsTable>> = {
  service: ALL_SETTINGS,
  tarantool: TARANTOOL_SETTINGS,
  replication: REPLICATION_SETTINGS,
  shards: SHARD_SETTINGS,
};

/** More threads than this do not make imports faster on the machines that were measured. */
const MAX_WORKERS = 4;

/**
 * Environment -> one validated, frozen object.
 * @throws ConfigError with every complaint at once
 */
export function readConfig(env?: Readonly<Record<string, string | undefined>>) {
  const { values, ...told } = readSettings(
    ALL_SETTINGS,
    (read, isSet) => {
      const isHostAlone = isSet('SVODKA_METRICS_HOST') && !isSet('SVODKA_METRICS_PORT');
      return [
        ...checkDbSettings(read, isSet),
        ...(isHostAlone ? ['SVODKA_METRICS_HOST needs SVODKA_METRICS_PORT'] : []),
      ];
    },
    env,
  );
  const { metricsHost = '127.0.0.1', metricsPort } = values;
  return Object.freeze({
    ...values,
    ...told,
    /** Where /metrics has a port of its own. */
    metricsAddress: metricsPort === undefined ? undefined : { host: metricsHost, port: metricsPort },
    /** Whether /metrics is answered beside the API: what only operators need is not told to all who can reach that. */
    hasMetricsBeside: metricsPort === undefined && isLoopback(values.host),
    /** Several web processes share the cores. */
    workerCount: Math.min(MAX_WORKERS, Math.ceil(availableParallelism() / values.webProcesses)),
    /** The folder that holds tarantool/ and package.json. This file runs as dist/app/start/settings.js. */
    projectDir: fileURLToPath(new URL('../../../', import.meta.url)),
  });
}

export type Config = ReturnType<typeof readConfig>;

/** The same for a program: ends it with the complaints. */
export function readConfigOrGiveUp(): Config {
  try {
    return readConfig();
  } catch (reason) {
    if (reason instanceof ConfigError) giveUp(`Svodka cannot start with these settings:\n${reason.message}`);
    throw reason;
  }
}
