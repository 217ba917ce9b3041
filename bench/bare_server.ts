// A yardstick in a process of its own: `node bare_server.js http BYTES` answers with so many bytes of JSON from
// node:http; `node bare_server.js koa` echoes bodies through Koa with a body parser. Prints its port.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
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

const [kind, bytes] = process.argv.slice(2);
const server = kind === 'http' ? bareHttp(Number(bytes)) : bareKoa();
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
