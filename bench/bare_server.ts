// A yardstick in a process of its own: `node bare_server.js http BYTES` answers with so many bytes of JSON from
// node:http; `node bare_server.js koa` echoes bodies through Koa with a body parser; `node bare_server.js photos DIR` parses forms
// and writes each photo to a file of its own with fsync. Prints its port.

import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Busboy } from '@fastify/busboy';
import Koa, { type Context } from 'koa';
import bodyParser from 'koa-bodyparser';

function bareHttp(bytes: number) {
  const body = Buffer.alloc(bytes, 'x');
  return createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    response.end(body);
  });
}

function bareKoa() {
  const app = new Koa();
  app.use(bodyParser());
  app.use((ctx) => {
    ctx.body = { data: ctx.request.body ?? {} };
  });
  return createServer(app.callback());
}

/** The parts of a form, by name. */
function readParts({ req }: Context): Promise<Map<string, Buffer>> {
  return new Promise((resolve, reject) => {
    const headers = { ...req.headers, 'content-type': req.headers['content-type'] ?? '' };
    const busboy = new Busboy({ headers, isPartAFile: () => true });
    const reads: Promise<[string, Buffer]>[] = [];
    busboy.on('file', (name, stream) => reads.push(buffer(stream).then((bytes) => [name ?? '', bytes])));
    busboy.once('finish', () => Promise.all(reads).then((parts) => resolve(new Map(parts)), reject));
    busboy.once('error', reject);
    req.pipe(busboy);
  });
}

function barePhotos(folder: string) {
  const app = new Koa();
  let last = 0;
  app.use(async (ctx) => {
    const parts = await readParts(ctx);
    const record: unknown = JSON.parse(String(parts.get('metadata')));
    const file = await open(join(folder, String(++last)), 'wx');
    await file.writeFile(parts.get('photo') ?? '');
    await file.sync();
    await file.close();
    ctx.status = 201;
    ctx.body = { id: last, record };
  });
  return createServer(app.callback());
}

const [kind, argument = ''] = process.argv.slice(2);
const SERVERS = { http: () => bareHttp(Number(argument)), koa: bareKoa, photos: () => barePhotos(argument) };
const server = SERVERS[kind as keyof typeof SERVERS]();
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
