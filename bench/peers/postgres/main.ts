// The peer in a process of its own: `node main.js SOCKET_DIR`, the folder of PostgreSQL's socket. Prints its port.

import type { AddressInfo } from 'node:net';
import { createApp } from './app.js';
import { createPool, createTables } from './database.js';

const pool = createPool(process.argv[2] as string);
// Pending queries report a lost server themselves; for idle connections the error is ignored.
pool.on('error', () => {});
await createTables(pool);
const server = createApp(pool).listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
