import type { SettingsTable } from '../config.js';

const MIB = 1024 ** 2;

export const HTTP_SETTINGS = {
  host: {
    name: 'SVODKA_HOST',
    kind: 'text',
    default: '127.0.0.1',
    help: 'the address that the API listens on',
  },
  port: {
    name: 'SVODKA_PORT',
    kind: 'wholeNumber',
    ...{ default: 8080, min: 0, max: 65_535 },
    help: 'its port; 0 takes any free one',
  },
  hosts: {
    name: 'SVODKA_HOSTS',
    kind: 'hosts',
    help: 'host names of the service, each with or without a port; see [host names](#host-names)',
  },
  bodyLimitBytes: {
    name: 'SVODKA_BODY_LIMIT',
    kind: 'bytes',
    // 15 million everyday citizens; the memory for data ends before. Bodies are streams, so it costs nothing to allow it.
    ...{ default: 4 * 1024 ** 3, min: 1024, max: 2 ** 44 },
    help: 'the largest body, decoded',
  },
  bodiesMemoryBytes: {
    name: 'SVODKA_BODIES_MEMORY',
    kind: 'bytes',
    // What an import holds while it is read grows with its citizens: 400 MiB are enough for 5 million.
    ...{ default: 400 * MIB, min: 100 * MIB, max: 2 ** 44 },
    help: 'memory for bodies and what is made of them; see [sizing](#sizing)',
  },
  maxWatchers: {
    name: 'SVODKA_MAX_WATCHERS',
    kind: 'wholeNumber',
    ...{ default: 10_000, min: 0, max: 1_000_000 },
    help: "streams of events that may be open at once, 8 of them on one connection; more are refused with 503. One takes 25 KB of Node's memory with its connection",
  },
} as const satisfies SettingsTable;
