import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type HostName, isLoopback, parseHostName } from './host_names.js';
import { LOG_FORMATS, type LogFormat } from './log.js';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const WAL_MODES = ['fsync', 'write', 'none'] as const;
const AUTH_MODES = ['work', 'all'] as const;

export type TarantoolAddress = { path: string } | { host: string; port: number };

export type Config = Readonly<{
  host: string;
  port: number;
  /** What the service is called besides its address and the names of loopback. */
  hosts: readonly HostName[];
  /** What wants tokens: users and the wings that run things, or all. */
  auth: (typeof AUTH_MODES)[number];
  /** Where /metrics has a port of its own. */
  metricsAddress: Readonly<{ host: string; port: number }> | undefined;
  /** Whether /metrics is answered beside the API. */
  hasMetricsBeside: boolean;
  dataDir: string;
  tarantoolBin: string;
  /** A Tarantool that runs already; undefined: start one. */
  tarantoolAddress: TarantoolAddress | undefined;
  /** A second one, whose data are a copy of the first's or the other way round; undefined: there is none. */
  replicaAddress: TarantoolAddress | undefined;
  tarantoolUser: string;
  /** undefined only with the embedded Tarantool, which keeps a random one in its data folder. */
  tarantoolPassword: string | undefined;
  walMode: (typeof WAL_MODES)[number];
  memtxMemoryBytes: number;
  bodyLimitBytes: number;
  /** How long tasks are kept after their end. */
  taskKeepS: number;
  /** Streams of events that may be open at once. */
  maxWatchers: number;
  bodiesMemoryBytes: number;
  logLevel: (typeof LOG_LEVELS)[number];
  logFormat: LogFormat;
  workerCount: number;
  /** The folder that holds tarantool/ and package.json. */
  projectDir: string;
  /** What the Tarantool child may see of our environment: enough to find programs and a Docker engine, no secrets. */
  childEnvironment: Readonly<Record<string, string>>;
  /** SVODKA_ variables that mean nothing here: likely a slip of the pen. */
  unknownNames: readonly string[];
}>;

type Environment = Readonly<Record<string, string | undefined>>;

const KNOWN_NAMES = [
  'SVODKA_HOST',
  'SVODKA_PORT',
  'SVODKA_HOSTS',
  'SVODKA_AUTH',
  'SVODKA_METRICS_HOST',
  'SVODKA_METRICS_PORT',
  'SVODKA_DATA_DIR',
  'SVODKA_TARANTOOL_BIN',
  'SVODKA_TARANTOOL_IMAGE',
  'SVODKA_TARANTOOL_URI',
  'SVODKA_REPLICA_URI',
  'SVODKA_TARANTOOL_USER',
  'SVODKA_TARANTOOL_PASSWORD',
  'SVODKA_TARANTOOL_PASSWORD_FILE',
  'SVODKA_WAL_MODE',
  'SVODKA_MEMTX_MEMORY',
  'SVODKA_BODY_LIMIT',
  'SVODKA_TASK_KEEP',
  'SVODKA_MAX_WATCHERS',
  'SVODKA_BODIES_MEMORY',
  'SVODKA_INSERT',
  'SVODKA_LOG_LEVEL',
  'SVODKA_LOG_FORMAT',
  // Where the command line finds the service.
  'SVODKA_URL',
  'SVODKA_TOKEN',
];
const PASSED_TO_CHILD = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'XDG_RUNTIME_DIR',
  // For tarantool/process/settings.lua.
  'SVODKA_INSERT',
  // For scripts/tarantool-in-docker and the docker program it runs.
  'SVODKA_TARANTOOL_IMAGE',
  'DOCKER_CONFIG',
  'DOCKER_CONTEXT',
  'DOCKER_HOST',
  'DOCKER_CERT_PATH',
  'DOCKER_TLS_VERIFY',
];

/** All that is wrong with the settings, a line each, for people to read. */
export class ConfigError extends Error {
  constructor(complaints: readonly string[]) {
    super(complaints.join('\n'));
    this.name = 'ConfigError';
  }
}

/** A path is made absolute, since Tarantool is started in its data folder; a bare name is looked for in PATH. */
function program(name: string): string {
  return name.includes('/') ? resolve(name) : name;
}

/** `host:port`, `tcp://host:port`, or a path (`/run/t.sock`, `unix:/run/t.sock`, `unix/:/run/t.sock`). */
function parseAddress(uri: string): TarantoolAddress | undefined {
  const path = uri.replace(/^unix\/?:(\/\/(?=\/))?/, '');
  if (path.startsWith('/') || path.startsWith('./')) return { path: resolve(path) };
  const match = /^(?:tcp:\/\/)?(?:\[([0-9a-fA-F:]+)\]|([\w.-]+)):(\d{1,5})$/.exec(uri);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

const MIB = 1024 ** 2;

/**
 * Environment -> one validated, frozen object. The only reader of process.env in the service.
 * @throws ConfigError with every complaint at once
 */
export function readConfig(env: Environment = process.env): Config {
  const complaints: string[] = [];
  const text = (name: string): string | undefined => {
    const value = env[name];
    return value === undefined || value === '' ? undefined : value;
  };
  const wholeNumber = (name: string, fallback: number, min: number, max: number, unit = ''): number => {
    const given = text(name);
    if (given === undefined) return fallback;
    const value = /^\d+$/.test(given) ? Number(given) : Number.NaN;
    if (value >= min && value <= max) return value;
    complaints.push(`${name} must be a whole number${unit} from ${min} to ${max}, not "${given}"`);
    return fallback;
  };
  const oneOf = <T extends string>(name: string, fallback: T, allowed: readonly T[]): T => {
    const given = text(name);
    if (given === undefined) return fallback;
    const value = allowed.find((candidate) => candidate === given);
    if (value !== undefined) return value;
    complaints.push(`${name} must be one of ${allowed.join(', ')}, not "${given}"`);
    return fallback;
  };
  const address = (name: string): TarantoolAddress | undefined => {
    const given = text(name);
    if (given === undefined) return undefined;
    const parsed = parseAddress(given);
    // The value is not repeated: somebody may have put a password into it.
    if (parsed === undefined) complaints.push(`${name} must be host:port or the path of a Unix socket`);
    return parsed;
  };
  const hostNames = (name: string): HostName[] =>
    (text(name) ?? '')
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '')
      .flatMap((each) => {
        const host = parseHostName(each);
        if (host === undefined) complaints.push(`${name} must be host names, with or without a port, not "${each}"`);
        return host ?? [];
      });
  const password = (): string | undefined => {
    const given = text('SVODKA_TARANTOOL_PASSWORD');
    const file = text('SVODKA_TARANTOOL_PASSWORD_FILE');
    if (given !== undefined || file === undefined) return given;
    try {
      return readFileSync(file, 'utf8').trimEnd() || undefined;
    } catch (cause) {
      complaints.push(`SVODKA_TARANTOOL_PASSWORD_FILE cannot be read: ${(cause as NodeJS.ErrnoException).code}`);
      return undefined;
    }
  };

  const host = text('SVODKA_HOST') ?? '127.0.0.1';
  const hasMetricsPort = text('SVODKA_METRICS_PORT') !== undefined;
  const config: Config = {
    host,
    port: wholeNumber('SVODKA_PORT', 8080, 0, 65_535),
    hosts: hostNames('SVODKA_HOSTS'),
    auth: oneOf('SVODKA_AUTH', 'work', AUTH_MODES),
    metricsAddress: hasMetricsPort
      ? { host: text('SVODKA_METRICS_HOST') ?? '127.0.0.1', port: wholeNumber('SVODKA_METRICS_PORT', 0, 0, 65_535) }
      : undefined,
    // What only operators need to see is not told to all who can reach the API.
    hasMetricsBeside: !hasMetricsPort && isLoopback(host),
    dataDir: resolve(text('SVODKA_DATA_DIR') ?? './data'),
    tarantoolBin: program(text('SVODKA_TARANTOOL_BIN') ?? 'tarantool'),
    tarantoolAddress: address('SVODKA_TARANTOOL_URI'),
    replicaAddress: address('SVODKA_REPLICA_URI'),
    tarantoolUser: text('SVODKA_TARANTOOL_USER') ?? 'svodka',
    tarantoolPassword: password(),
    walMode: oneOf('SVODKA_WAL_MODE', 'fsync', WAL_MODES),
    // Reserved, not touched, until data come. 64 MB is what Tarantool itself needs at least to start and work.
    memtxMemoryBytes: wholeNumber('SVODKA_MEMTX_MEMORY', 1024 ** 3, 64 * 1024 ** 2, 2 ** 44, ' of bytes'),
    // 15 million everyday citizens; the memory for data ends before. Bodies are streams, so it costs nothing to allow it.
    bodyLimitBytes: wholeNumber('SVODKA_BODY_LIMIT', 4 * 1024 ** 3, 1024, 2 ** 44, ' of bytes'),
    taskKeepS: wholeNumber('SVODKA_TASK_KEEP', 30 * 24 * 60 * 60, 0, 100 * 365 * 24 * 60 * 60, ' of seconds'),
    maxWatchers: wholeNumber('SVODKA_MAX_WATCHERS', 10_000, 0, 1_000_000),
    // What an import holds while it is read grows with its citizens: 400 MiB are enough for 5 million.
    bodiesMemoryBytes: wholeNumber('SVODKA_BODIES_MEMORY', 400 * MIB, 100 * MIB, 2 ** 44, ' of bytes'),
    logLevel: oneOf('SVODKA_LOG_LEVEL', 'info', LOG_LEVELS),
    logFormat: oneOf('SVODKA_LOG_FORMAT', 'auto', LOG_FORMATS),
    workerCount: Math.min(4, availableParallelism()),
    // This file runs as dist/app/config.js.
    projectDir: fileURLToPath(new URL('../../', import.meta.url)),
    childEnvironment: Object.fromEntries(
      PASSED_TO_CHILD.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
    ),
    unknownNames: Object.keys(env).filter((name) => name.startsWith('SVODKA_') && !KNOWN_NAMES.includes(name)),
  };
  if (text('SVODKA_TARANTOOL_URI') !== undefined && config.tarantoolPassword === undefined) {
    complaints.push('SVODKA_TARANTOOL_URI needs SVODKA_TARANTOOL_PASSWORD or SVODKA_TARANTOOL_PASSWORD_FILE');
  }
  if (text('SVODKA_REPLICA_URI') !== undefined && text('SVODKA_TARANTOOL_URI') === undefined) {
    complaints.push('SVODKA_REPLICA_URI needs SVODKA_TARANTOOL_URI: the embedded Tarantool has no replica');
  }
  if (text('SVODKA_METRICS_HOST') !== undefined && !hasMetricsPort) {
    complaints.push('SVODKA_METRICS_HOST needs SVODKA_METRICS_PORT');
  }
  if (complaints.length > 0) throw new ConfigError(complaints);
  return Object.freeze(config);
}
