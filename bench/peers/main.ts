// A peer in a process of its own: `node main.js NAME PLACE`. PLACE is the folder of its data, or of its server's socket.
// Prints its port.

import type { AddressInfo } from 'node:net';
import { createPeer } from './handlers.js';
import type { Store } from './store.js';

type Open = (place: string) => Promise<Store>;

/** Loaded on demand: each needs packages or a server that others do not. */
const STORES: Readonly<Record<string, () => Promise<{ openStore: Open }>>> = {
  postgres: () => import('./postgres/store.js'),
  sqlite: () => import('./sqlite/store.js'),
  duckdb: () => import('./duckdb/store.js'),
  redis: () => import('./redis/store.js'),
};

const [, , name = '', place = ''] = process.argv;
const load = STORES[name];
if (load === undefined) throw new Error(`there is no peer ${name}`);
const { openStore } = await load();
const server = createPeer(await openStore(place)).listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
