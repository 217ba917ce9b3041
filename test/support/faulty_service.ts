// A program: the real HTTP side of the service, plus routes that fail outside their handlers.

import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import type { Context } from 'koa';
import { Registry } from 'prom-client';
import { containErrors, InvariantError } from '../../app/faults.js';
import { createBareApplication } from '../../app/http/application.js';
import { type BodyAccount, createBodyBudget } from '../../app/http/bodies/body_budget.js';
import { readWindows } from '../../app/http/bodies/body_stream.js';
import { createEventStreams, encodeEvent } from '../../app/http/event_stream.js';
import { owned } from '../../app/http/requests/request_owner.js';
import type { ServedPath } from '../../app/http/route.js';
import { createHttpServer } from '../../app/http/server.js';
import { createLog } from '../../app/log/log.js';
import { createRequestMetrics } from '../../app/metrics/request_metrics.js';

const registry = new Registry();
const observer = createRequestMetrics(registry);
const log = await createLog({ level: 'info', format: 'json', onUnwritable: () => {} });
const budget = createBodyBudget(1_000_000, { busyCode: 'TOO_MANY_IMPORTS' });
const stopping = new AbortController();
const streams = createEventStreams({ maxStreams: 10, stopping: stopping.signal });
let begunFloods = 0;
let endedFloods = 0;

function fault(): never {
  throw new Error('a fault of the program');
}

const forEver = () => new Promise<void>(() => {});

/** Fails while the body is being read and some of it is charged to the memory budget. */
async function upload(ctx: Context): Promise<void> {
  const work = async (account: BodyAccount) => {
    account.take(1_000);
    setTimeout(fault, 1);
    for await (const _window of readWindows(ctx.req, { decoding: 'identity', limitBytes: 1_000, account }));
  };
  await budget.spend(ctx.req, work, 1_000);
}

/** Sends more than the client reads, until the stream is closed. */
function flood(ctx: Context): void {
  const stream = streams.open(ctx);
  const event = encodeEvent('flood', 'x'.repeat(10_000));
  begunFloods++;
  const timer = setInterval(() => {
    for (let round = 0; round < 50; round++) stream.send(event);
  }, 1);
  stream.onEnd(() => {
    clearInterval(timer);
    endedFloods++;
  });
  stream.begin();
}

const HANDLERS: Readonly<Record<string, (ctx: Context) => Promise<void> | void>> = {
  '/well': (ctx) => {
    ctx.body = 'well';
  },
  '/floods': (ctx) => {
    ctx.body = { begun: begunFloods, ended: endedFloods };
  },
  '/held': (ctx) => {
    ctx.body = String(budget.use().heldBytes);
  },
  '/metrics': async (ctx) => {
    ctx.body = await registry.metrics();
  },
  '/timer': () => {
    setTimeout(fault, 1);
    return forEver();
  },
  '/immediate': () => {
    setImmediate(fault);
    return forEver();
  },
  '/rejection': () => {
    void Promise.resolve().then(fault);
    return forEver();
  },
  '/emitter': () => {
    setTimeout(() => new EventEmitter().emit('error', new Error('a fault of the program')), 1);
    return forEver();
  },
  '/owned': (ctx) => {
    const callback = owned(ctx, fault);
    // Called as from a loop that serves many requests.
    registeredCallbacks.push(callback);
    return forEver();
  },
  '/json': (ctx) => {
    ctx.body = { count: 1n };
  },
  '/stream': (ctx) => {
    ctx.body = Readable.from(
      (function* pieces() {
        yield 'the beginning';
        fault();
      })(),
    );
  },
  '/ended': (ctx) => {
    ctx.respond = false;
    ctx.status = 200;
    ctx.res.end('ended');
    ctx.res.write('more');
  },
  '/flood': flood,
  '/invariant': (ctx) => {
    setTimeout(() => {
      throw new InvariantError('this program has no such path', undefined);
    }, 1);
    ctx.body = 'soon';
  },
};

const registeredCallbacks: (() => void)[] = [];
setInterval(() => {
  for (const callback of registeredCallbacks.splice(0)) callback();
}, 5).unref();

const paths: ServedPath[] = [
  ...Object.entries(HANDLERS).map(([path, handle]): ServedPath => ({ method: 'get', path, handle })),
  { method: 'post', path: '/upload', handle: upload },
];
const server = createHttpServer(createBareApplication(paths, log, { observer }));

containErrors({
  log,
  hasStarted: () => true,
  onContained: () => observer.contained('none'),
  stop(reason) {
    log.fatal({ err: reason }, 'stopping because of an error');
    stopping.abort();
    void server.stop(1_000).then(() => process.exit(1));
  },
});
process.on('SIGTERM', () => {
  stopping.abort();
  void server.stop(1_000).then(() => process.exit(0));
});

const port = await server.listen('127.0.0.1', 0);
process.stdout.write(`listens at http://127.0.0.1:${port}\n`);
