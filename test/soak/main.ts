// `npm run soak -- --minutes N`: a bounded mixed load (imports in all formats and encodings, every operation of
// /openapi.json, damaged requests, bombs, junk, pipelining, clients that leave in every phase), then a minute of rest.
// Prints the resources of the service and its Tarantool before, at the end, after the clients have left, and after the
// rest; exits with 1 if something was not released (verdict.ts) or a request was answered wrongly. `--seed N` repeats
// the requests of a run.

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createRandom } from '../../app/census/demo/citizens.js';
import type { OpenApi } from '../support/contract/document.js';
import { request } from '../support/http/http.js';
import { until } from '../support/until.js';
import { createClients } from './clients.js';
import { prune, refill } from './imports.js';
import { runLoad } from './load.js';
import { startSoakedService } from './readings.js';
import { createSupply } from './supply.js';
import { complaintsOf, OF_CLIENTS, table } from './verdict.js';

const BODY_LIMIT_BYTES = 32 * 1024 * 1024;
/** After the warm-up, threads, caches and compiled code exist; anything added later must be released again. */
const WARM_UP_MS = 15_000;
const REST_MS = 60_000;
/** Longer than the keep-alive time of a connection. */
const CLIENTS_GONE_MS = 20_000;
/** The service gives up a stalled body after 30 s. */
const CLEAR_PATIENCE_MS = 90_000;
const KEPT_IMPORTS = 30;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0, not ${values.minutes}`);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));

const say = (text: string) => process.stdout.write(`${text}\n`);
say(`soak: ${minutes} minutes of load, then ${REST_MS / 1_000} s of rest (--seed ${seed})`);
const { service, read } = await startSoakedService(BODY_LIMIT_BYTES);
const { url, port } = service;
const { body: document } = await request<OpenApi>(`${url}/openapi.json`);
const supply = createSupply(document, `127.0.0.1:${port}`, seed);
const clients = createClients({ port, supply, random: createRandom(seed), bodyLimitBytes: BODY_LIMIT_BYTES });
let second = 0;

async function eachSecond(): Promise<void> {
  await refill(url, supply, seed + second++);
  await prune(url, supply, KEPT_IMPORTS);
}

/** Waits this long without imports and clients; an import still being received is waited for. */
async function rest(forMs: number): Promise<void> {
  await until('all imports are gone', async () => (await prune(url, supply, 0)) === 0, CLEAR_PATIENCE_MS);
  await sleep(forMs);
}

await eachSecond();
await runLoad(clients, WARM_UP_MS, eachSecond);
await rest(CLIENTS_GONE_MS);
const before = await read();
const report = await runLoad(clients, minutes * 60_000, eachSecond);
const atEnd = await read();
clients.close();
await sleep(CLIENTS_GONE_MS);
const withoutClients = await read();
await rest(REST_MS);
const afterRest = await read();

say(table({ before, 'at the end': atEnd, 'clients gone': withoutClients, 'after the rest': afterRest }));
say(`clients: ${JSON.stringify(report.clients)}`);
say(`answers: ${JSON.stringify(report.statuses)}`);
const exitCode = await service.stop();
const logged = service
  .output()
  .split('\n')
  .filter((line) => /"level":[56]0|MaxListeners|unhandled/i.test(line));
const complaints = new Set([
  ...report.faults,
  ...complaintsOf(before, withoutClients, OF_CLIENTS).map((complaint) => `clients gone: ${complaint}`),
  ...complaintsOf(before, afterRest).map((complaint) => `after the rest: ${complaint}`),
  // Without the process id, repeated warnings are equal.
  ...logged.map((line) => `logged: ${line.replace(/^\(node:\d+\) /, '').slice(0, 500)}`),
  ...(exitCode === 0 ? [] : [`the service ended with ${exitCode}`]),
]);
say(complaints.size === 0 ? 'soak: everything came back' : `soak: failed\n${[...complaints].join('\n')}`);
process.exit(complaints.size === 0 ? 0 : 1);
