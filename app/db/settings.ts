import type { CheckSettings, SettingsTable } from '../config.js';

const WAL_MODES = ['fsync', 'write', 'none'] as const;

export const DB_SETTINGS = {
  dataDir: {
    name: 'SVODKA_DATA_DIR',
    kind: 'folder',
    default: './data',
    help: 'the data of the Tarantool that Svodka starts',
  },
  tarantoolBin: {
    name: 'SVODKA_TARANTOOL_BIN',
    kind: 'program',
    default: 'tarantool',
    help: 'the program to start, 2.6 or newer',
  },
  tarantoolImage: {
    name: 'SVODKA_TARANTOOL_IMAGE',
    kind: 'elsewhere',
    valuesText: 'an image',
    defaultText: '`tarantool/tarantool:2.11`',
    help: 'the image, where `npm start` runs Tarantool in a container',
  },
  tarantoolAddresses: {
    name: 'SVODKA_TARANTOOL_URI',
    kind: 'addresses',
    help: 'use this running server instead of starting one; of several routers, each of which will do, the next is used when one is lost',
  },
  replicaAddress: {
    name: 'SVODKA_REPLICA_URI',
    kind: 'address',
    help: 'a second one, beside the first; see [replication](#replication)',
  },
  tarantoolUser: {
    name: 'SVODKA_TARANTOOL_USER',
    kind: 'text',
    default: 'svodka',
    help: 'user on the server',
  },
  tarantoolPassword: {
    name: 'SVODKA_TARANTOOL_PASSWORD',
    kind: 'secret',
    defaultText: 'random, kept in the data folder',
    help: 'its password, or a file that holds it; needed with `SVODKA_TARANTOOL_URI`',
  },
  executorUser: {
    name: 'SVODKA_EXECUTOR_USER',
    kind: 'text',
    default: 'svodka_executor',
    help: "the [executors'](#executors) user on the server",
  },
  executorPassword: {
    name: 'SVODKA_EXECUTOR_PASSWORD',
    kind: 'secret',
    defaultText:
      'random, kept in the data folder; with `SVODKA_TARANTOOL_URI` derived from `SVODKA_TARANTOOL_PASSWORD`',
    help: 'its password, or a file that holds it',
  },
  walMode: {
    name: 'SVODKA_WAL_MODE',
    kind: 'oneOf',
    values: WAL_MODES,
    default: 'fsync',
    isForTarantool: true,
    help: '`fsync`: what is acknowledged survives a power cut; `write`: it survives `kill -9`; `none`: neither',
  },
  memtxMemoryBytes: {
    name: 'SVODKA_MEMTX_MEMORY',
    kind: 'bytes',
    // Reserved, not touched, until data come. 64 MB is what Tarantool itself needs at least to start and work.
    ...{ default: 1024 ** 3, min: 64 * 1024 ** 2, max: 2 ** 44 },
    isForTarantool: true,
    help: 'what the data may take; see [sizing](#sizing)',
  },
  insert: {
    name: 'SVODKA_INSERT',
    kind: 'elsewhere',
    valuesText: '`plain`',
    isForTarantool: true,
    help: '`plain`: rows and counts are handled by plain Lua instead of FFI (ADR 0009, 0010, 0014); slower, for trouble-shooting',
  },
} as const satisfies SettingsTable;

/** What a Tarantool that the service does not start reads itself (tarantool/process/settings.lua). */
export const TARANTOOL_SETTINGS = {
  dir: {
    name: 'SVODKA_TARANTOOL_DIR',
    kind: 'elsewhere',
    valuesText: 'a folder',
    defaultText: '`.`',
    help: 'the data folder',
  },
  listen: {
    name: 'SVODKA_TARANTOOL_LISTEN',
    kind: 'elsewhere',
    valuesText: '`host:port`, or `unix/:/path`',
    defaultText: '`127.0.0.1:3301`',
    help: 'the address that it listens on',
  },
  user: {
    name: 'SVODKA_TARANTOOL_USER',
    kind: 'elsewhere',
    valuesText: 'text',
    defaultText: '`svodka`',
    help: 'the user of the service',
  },
  password: {
    name: 'SVODKA_TARANTOOL_PASSWORD',
    kind: 'secret',
    help: 'its password, or a file that holds it; one of the two is required. A changed one takes effect at the next start',
  },
  executorUser: {
    name: 'SVODKA_EXECUTOR_USER',
    kind: 'elsewhere',
    valuesText: 'text',
    defaultText: '`svodka_executor`',
    help: 'the user of the executors',
  },
  executorPassword: {
    name: 'SVODKA_EXECUTOR_PASSWORD',
    kind: 'secret',
    defaultText: 'derived from the one above',
    help: 'its password, or a file that holds it',
  },
} as const satisfies SettingsTable;

/** What two Tarantools with the same data read besides. */
export const REPLICATION_SETTINGS = {
  replicationPassword: {
    name: 'SVODKA_REPLICATION_PASSWORD',
    kind: 'secret',
    help: 'the password of the replication user; letters, digits, `-_.~`; the same on both. Without it no replica can connect',
  },
  replicationUser: {
    name: 'SVODKA_REPLICATION_USER',
    kind: 'elsewhere',
    valuesText: 'text',
    defaultText: '`replicator`',
    help: 'the same on both',
  },
  peer: {
    name: 'SVODKA_PEER',
    kind: 'elsewhere',
    valuesText: '`host:port`',
    help: 'on both: the other one',
  },
  standby: {
    name: 'SVODKA_STANDBY',
    kind: 'elsewhere',
    valuesText: '`1`',
    help: 'on the second: with an empty folder it waits for the first one and copies it, and never creates a database of its own',
  },
} as const satisfies SettingsTable;

/** Further settings of storages and routers. */
export const SHARD_SETTINGS = {
  shards: {
    name: 'SVODKA_SHARDS',
    kind: 'elsewhere',
    valuesText: 'a file',
    help: '`topology.json`: the sets of instances that share the imports; the same file on all of them. Without it an instance is a single node and never loads vshard',
  },
  instance: {
    name: 'SVODKA_INSTANCE',
    kind: 'elsewhere',
    valuesText: 'text',
    help: 'on a storage: its name in that file',
  },
  shardsPassword: {
    name: 'SVODKA_SHARDS_PASSWORD',
    kind: 'secret',
    help: 'the password of the `user` in that file; letters, digits, `-_.~`; the same on all',
  },
  vshardPath: {
    name: 'SVODKA_VSHARD_PATH',
    kind: 'elsewhere',
    valuesText: 'a folder',
    defaultText: 'where Tarantool searches for modules',
    help: 'the folder that contains the folder `vshard` of the module, 0.1.41 or later',
  },
} as const satisfies SettingsTable;

/** What the addresses of databases need of each other. */
export const checkDbSettings: CheckSettings<typeof DB_SETTINGS> = (
  { tarantoolPassword, tarantoolAddresses },
  isSet,
) => {
  const complaints: string[] = [];
  if (isSet('SVODKA_TARANTOOL_URI') && tarantoolPassword === undefined) {
    complaints.push('SVODKA_TARANTOOL_URI needs SVODKA_TARANTOOL_PASSWORD or SVODKA_TARANTOOL_PASSWORD_FILE');
  }
  if (isSet('SVODKA_REPLICA_URI') && !isSet('SVODKA_TARANTOOL_URI')) {
    complaints.push('SVODKA_REPLICA_URI needs SVODKA_TARANTOOL_URI: the embedded Tarantool has no replica');
  }
  if (isSet('SVODKA_REPLICA_URI') && tarantoolAddresses.length > 1) {
    complaints.push('SVODKA_REPLICA_URI needs one address in SVODKA_TARANTOOL_URI: routers have no replicas');
  }
  return complaints;
};
