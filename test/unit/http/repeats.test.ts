import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import Koa from 'koa';
import { ServiceError } from '../../../app/errors.js';
import { forbidRepeat, setRepeat } from '../../../app/http/requests/repeatable.js';
import { createRepeats } from '../../../app/http/requests/repeats.js';
import { request } from '../../support/http/http.js';

describe('an equal request', () => {
  let day = 20261128;
  let isGone = false;
  let server: Server;
  let url: string;
  before(async () => {
    const repeats = createRepeats(() => day);
    const app = new Koa();
    app.use((ctx) =>
      repeats.serve(ctx, () => {
        ctx.body = 'handled';
        setRepeat(ctx, async (later) => {
          if (isGone) throw new ServiceError('IMPORT_NOT_FOUND', 'Gone.');
          later.body = 'repeated';
          return true;
        });
        if (ctx.path === '/unique') forbidRepeat(ctx);
        // The day ends while the handler is at work.
        if (ctx.path === '/midnight') day++;
        repeats.note(ctx, (admitted, work) => work(admitted));
      }),
    );
    server = createServer(app.callback()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => server.close());
  const textOf = async (path: string, init: RequestInit = {}) => (await request(`${url}${path}`, init)).text;

  it('is repeated', async () => {
    assert.deepEqual([await textOf('/a'), await textOf('/a')], ['handled', 'repeated']);
  });

  it('is handled again on the next day', async () => {
    assert.deepEqual([await textOf('/day'), await textOf('/day')], ['handled', 'repeated']);
    day++;
    assert.deepEqual([await textOf('/day'), await textOf('/day')], ['handled', 'repeated']);
  });

  it('is handled again when its answer was begun on the day before', async () => {
    assert.deepEqual([await textOf('/midnight'), await textOf('/midnight')], ['handled', 'handled']);
  });

  it('is handled again when its answer depends on more than the request', async () => {
    assert.deepEqual([await textOf('/unique'), await textOf('/unique')], ['handled', 'handled']);
  });

  it('is handled when its subject is gone: the handler says what is missing', async () => {
    assert.deepEqual([await textOf('/gone'), await textOf('/gone')], ['handled', 'repeated']);
    isGone = true;
    assert.equal(await textOf('/gone'), 'handled');
    isGone = false;
    assert.equal(await textOf('/gone'), 'repeated');
  });

  it('has the same method, path, query and Accept', async () => {
    await textOf('/b?x=1', { headers: { Accept: 'text/csv' } });
    for (const [path, init] of [
      ['/b?x=1', { headers: { Accept: 'text/*' } }],
      ['/b?x=2', { headers: { Accept: 'text/csv' } }],
      ['/b?x=1', { headers: { Accept: 'text/csv' }, method: 'POST' }],
    ] as const) {
      assert.equal(await textOf(path, init), 'handled');
    }
    assert.equal(await textOf('/b?x=1', { headers: { Accept: 'text/csv' } }), 'repeated');
  });

  it('is not remembered when it is long', async () => {
    const path = `/long?${'x'.repeat(1_000)}`;
    assert.deepEqual([await textOf(path), await textOf(path)], ['handled', 'handled']);
  });
});
