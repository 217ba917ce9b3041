import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { makeFolder } from '../test/support/folder.js';
import { type RunningService, startService } from '../test/support/service.js';
import { startPostgres } from './peers/postgres/server.js';
import { startRedis } from './peers/redis/server.js';

const PIECE_BYTES = 256 * 1024;

export type Stoppable = { url: string; stop(): Promise<unknown> };

/** A fresh service on an empty folder, started as by `npm start`, without log output. */
export function startFreshService(env: Record<string, string> = {}): Promise<RunningService> {
  return startService({ env: { SVODKA_LOG_LEVEL: 'warn', SVODKA_MEMTX_MEMORY: String(2 * 1024 ** 3), ...env } });
}

/** Starts a server in a process of its own, which prints its port. `script` is relative to this file. */
async function startServer(script: string, args: readonly string[]): Promise<Stoppable> {
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${script} ended with ${code}`))),
  ]);
  // If the bench ends early, the server must end too.
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  return {
    url: `http://127.0.0.1:${String(port).trim()}`,
    async stop() {
      process.off('exit', killWithUs);
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}

/** Starts bare_server.ts in a process of its own. */
export async function startBareServer(...args: string[]): Promise<Stoppable> {
  const { url, stop } = await startServer('./bare_server.js', args);
  return { url: `${url}/`, stop };
}

/** The peers, and what they are called. */
export const PEERS = { postgres: 'PostgreSQL', sqlite: 'SQLite', duckdb: 'DuckDB', redis: 'Redis' } as const;
export type PeerName = keyof typeof PEERS;

type Place = { folder: string; stop(): Promise<unknown> };

/** SQLite and DuckDB run in the peer's own process. */
async function startPlace(name: PeerName): Promise<Place> {
  if (name === 'postgres') {
    const { socketDir: folder, stop } = await startPostgres();
    return { folder, stop };
  }
  if (name === 'redis') {
    const { socket, stop } = await startRedis();
    return { folder: dirname(socket), stop };
  }
  return { folder: makeFolder(), stop: async () => {} };
}

/** Starts the five handlers on a database of their own. */
export async function startPeer(name: PeerName): Promise<Stoppable> {
  const place = await startPlace(name);
  const app = await startServer('./peers/main.js', [name, place.folder]);
  return {
    url: app.url,
    async stop() {
      await app.stop();
      await place.stop();
    },
  };
}

/** Posts an import; returns its id. */
export async function post(url: string, body: Buffer): Promise<number> {
  const response = await fetch(`${url}/imports`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
  });
  const answer = await response.text();
  if (response.status !== 201) throw new Error(`POST /imports answered ${response.status}: ${answer.slice(0, 500)}`);
  return JSON.parse(answer).data.import_id;
}

function* piecesOf(body: Buffer): Iterable<Buffer> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) yield body.subarray(at, at + PIECE_BYTES);
}

/** Sends an NDJSON body as fast as the server accepts it; returns the id of the import. */
export async function postStream(url: string, body: Buffer): Promise<number> {
  const headers = { 'Content-Type': 'application/x-ndjson', 'Content-Length': body.length };
  const sent = request(`${url}/imports`, { method: 'POST', headers });
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
  await pipeline(Readable.from(piecesOf(body), { objectMode: false }), sent);
  const [response] = await answered;
  const answer = await text(response);
  if (response.statusCode !== 201) throw new Error(`POST of ${body.length} bytes answered ${answer.slice(0, 500)}`);
  return JSON.parse(answer).data.import_id;
}
