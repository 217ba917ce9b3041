import type { Logger } from 'pino';
import type { SettingsOf, TarantoolAddress } from '../config.js';
import { type Client, createClient } from './client.js';
import type { Embedded } from './embedded.js';
import { createPair, type Pair } from './pair.js';
import { deriveExecutorPassword } from './passwords.js';
import type { DB_SETTINGS } from './settings.js';

/**
 * How an executor reaches the database: addresses of one Tarantool, of two of which one is the primary, or of routers, each
 * of which will do.
 */
export type ExecutorAccess = {
  addresses: readonly [TarantoolAddress, ...TarantoolAddress[]];
  user: string;
  password: string;
};

export function executorAccess(
  config: SettingsOf<typeof DB_SETTINGS>,
  embedded: Pick<Embedded, 'address' | 'executorPassword'> | undefined,
): ExecutorAccess {
  const { tarantoolAddresses, replicaAddress, tarantoolPassword = '' } = config;
  const [first = (embedded as Embedded).address, ...others] = tarantoolAddresses;
  return {
    addresses: [first, ...others, ...(replicaAddress === undefined ? [] : [replicaAddress])],
    user: config.executorUser,
    password: embedded?.executorPassword ?? config.executorPassword ?? deriveExecutorPassword(tarantoolPassword),
  };
}

/** Connects to one Tarantool, to one of several routers, or to two instances of which one is the primary. */
export function connectDatabase(
  config: SettingsOf<typeof DB_SETTINGS>,
  embedded: Pick<Embedded, 'address' | 'password'> | undefined,
  log: Logger,
): { db: Client; pair?: Pair } {
  const clientAt = (addresses: readonly TarantoolAddress[], name: string): Client =>
    createClient({
      address: addresses,
      user: config.tarantoolUser,
      password: config.tarantoolPassword ?? (embedded as Embedded).password,
      onStateChange: (state, reason) => log.info({ state, reason }, `connection to ${name}`),
    });
  const { tarantoolAddresses } = config;
  const own = tarantoolAddresses.length > 0 ? tarantoolAddresses : [(embedded as Embedded).address];
  const first = clientAt(own, 'Tarantool');
  if (config.replicaAddress === undefined) return { db: first };
  const settings = ['SVODKA_TARANTOOL_URI', 'SVODKA_REPLICA_URI'];
  const pair = createPair({
    clients: [first, clientAt([config.replicaAddress], 'the second Tarantool')],
    onPrimary(place, term) {
      if (place === undefined) log.warn({ term }, 'neither Tarantool reports that it is the primary');
      else log.info({ setting: settings[place], term }, 'this Tarantool is the primary');
    },
  });
  return { db: pair.primary, pair };
}
