import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { request } from '../../support/http/http.js';
import { postRpc, type RpcResponse } from '../../support/http/rpc.js';
import { useWork } from '../../support/work/work_suite.js';

const work = useWork();

const DISCOVER = { jsonrpc: '2.0', method: 'rpc.discover' };

function post(body: string) {
  return postRpc(work.url, work.gomer.token, body);
}

async function errorOf(body: string) {
  const answer = await post(body);
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.headers.get('Content-Type') ?? '', /^application\/json\b/);
  const { id, error } = answer.body as RpcResponse;
  return { id, code: error?.code, name: error?.data?.code };
}

describe('POST /rpc over HTTP', () => {
  it('answers 401 without a valid token, before it reads anything', async () => {
    for (const token of [undefined, 'f'.repeat(40), 'nonsense']) {
      const answer = await postRpc(work.url, token, 'no JSON');
      assert.equal(answer.status, 401);
      assert.equal(answer.headers.get('WWW-Authenticate'), 'Token');
      assert.equal((answer.body as { code: string }).code, 'UNAUTHORIZED');
    }
  });

  it('answers 415 for another content type, and 413 for more than 1 MiB', async () => {
    const headers = { Authorization: `Token ${work.gomer.token}`, 'Content-Type': 'text/plain' };
    const url = `${work.url}/rpc`;
    assert.equal((await request(url, { method: 'POST', headers, body: '{}' })).status, 415);
    assert.equal(
      (await request(url, { method: 'POST', headers: { Authorization: headers.Authorization } })).status,
      415,
    );
    const limit = 1024 * 1024;
    assert.equal((await post(' '.repeat(limit + 1))).status, 413);
    const text = JSON.stringify({ ...DISCOVER, id: 1 });
    assert.equal((await post(text + ' '.repeat(limit - text.length))).status, 200);
  });

  it('takes POST alone, with and without a slash at the end', async () => {
    const answer = await work.gomer.get('/rpc');
    assert.deepEqual([answer.status, answer.headers.get('Allow')], [405, 'POST']);
    assert.equal((await work.gomer.send('POST', '/rpc/', { ...DISCOVER, id: 1 })).status, 200);
  });

  it('answers a body that is no JSON by -32700', async () => {
    for (const body of [
      '',
      '  ',
      '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]',
      '[1,]',
      'null null',
    ]) {
      const { id, code } = await errorOf(body);
      assert.deepEqual([id, code], [null, -32700], body);
    }
    const headers = { Authorization: `Token ${work.gomer.token}`, 'Content-Type': 'application/json' };
    const answer = await request<RpcResponse>(`${work.url}/rpc`, {
      method: 'POST',
      headers,
      body: Buffer.from([0x22, 0xff]),
    });
    assert.deepEqual([answer.body.error?.code, answer.body.error?.data?.code], [-32700, 'INVALID_UTF8']);
    assert.deepEqual(await errorOf('{"jsonrpc": "2.0"'), { id: null, code: -32700, name: 'MALFORMED_JSON' });
  });

  it('answers an invalid request by -32600, and an unknown method by -32601', async () => {
    for (const body of ['[]', '{}', '1', 'null', '"a"', '{"jsonrpc":"2.0","method":1,"params":"bar"}']) {
      assert.deepEqual(await errorOf(body), { id: null, code: -32600, name: undefined });
    }
    assert.equal((await errorOf('{"jsonrpc":"2.0","method":"foobar","id":"1"}')).code, -32601);
  });

  it('answers 204 without a body when there are notifications alone', async () => {
    for (const body of [
      DISCOVER,
      [DISCOVER, { ...DISCOVER, method: 'no.such' }],
      { ...DISCOVER, params: { wrong: 1 } },
    ]) {
      const answer = await post(JSON.stringify(body));
      assert.deepEqual([answer.status, answer.text], [204, '']);
    }
  });

  it('answers a batch in order, without answers to notifications', async () => {
    const batch = [{ ...DISCOVER, id: 'я' }, DISCOVER, 1, { jsonrpc: '2.0', method: 'foo.get', id: null }];
    const { body } = (await post(JSON.stringify(batch))) as { body: RpcResponse[] };
    assert.deepEqual(
      body.map(({ id, error }) => [id, error?.code]),
      [
        ['я', undefined],
        [null, -32600],
        [null, -32601],
      ],
    );
  });

  it('takes 1,000 requests in a batch, and runs nothing of a longer one', async () => {
    const creation = {
      jsonrpc: '2.0',
      method: 'engine.create',
      params: { script: 'render.scene', meta: { batch: 1 } },
    };
    assert.equal((await errorOf(JSON.stringify(Array(1_001).fill(creation)))).code, -32600);
    const list = () => work.gomer.rpc.call<{ total: number }>('engine.list', { meta: { batch: 1 } });
    assert.equal((await list()).total, 0);
    const batch = Array.from({ length: 1_000 }, (_, id) => ({ jsonrpc: '2.0', method: 'engine.list', id }));
    const { body } = (await post(JSON.stringify(batch))) as { body: RpcResponse[] };
    assert.deepEqual(
      body.map(({ id }) => id),
      batch.map(({ id }) => id),
    );
  });

  it('sends a batch whose answers are long as it makes them, whole and in order', async () => {
    const batch = Array.from({ length: 100 }, (_, id) => ({ ...DISCOVER, id }));
    const answer = await post(JSON.stringify(batch));
    assert.ok(answer.text.length > 1024 * 1024, `${answer.text.length}`);
    const body = answer.body as RpcResponse[];
    assert.deepEqual(
      body.map(({ id }) => id),
      batch.map(({ id }) => id),
    );
    for (const { result } of body) assert.deepEqual(result, body[0]?.result);
  });

  it('runs a batch of notifications in order', async () => {
    const create = (n: number) => ({
      jsonrpc: '2.0',
      method: 'engine.create',
      params: { script: 'render.scene', meta: { quiet: true }, args: { n } },
    });
    assert.equal((await post(JSON.stringify([1, 2, 3, 4].map(create)))).status, 204);
    const { items } = await work.gomer.rpc.call<{ items: { args: { n: number } }[] }>('engine.list', {
      meta: { quiet: true },
      order: 'created',
    });
    assert.deepEqual(
      items.map(({ args }) => args.n),
      [1, 2, 3, 4],
    );
  });

  it('refuses params that are nested deeper than 100 levels or have numbers out of range', async () => {
    const body = (args: string) =>
      `{"jsonrpc":"2.0","id":1,"method":"engine.create","params":{"script":"render.scene","args":{"a":${args}}}}`;
    const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    for (const args of [deep(100), deep(200_000), '1e999', '-1e400', '[[1e309]]']) {
      assert.deepEqual(await errorOf(body(args)), { id: 1, code: -32602, name: 'INVALID_INPUT' }, args.slice(0, 50));
    }
    assert.equal((await errorOf(body(deep(99)))).code, undefined);
  });
});

describe('rpc.discover', () => {
  type OpenRpc = {
    openrpc: string;
    methods: { name: string; params: { name: string; required: boolean; schema: object }[]; 'x-roles': string[] }[];
  };

  it('describes every method by the schemas that validate', async () => {
    const document = await work.gomer.rpc.call<OpenRpc>('rpc.discover');
    assert.match(document.openrpc, /^1\./);
    const names = document.methods.map(({ name }) => name);
    for (const name of ['create', 'status', 'result', 'list', 'history', 'log', 'cancel', 'retry']) {
      assert.ok(names.includes(`engine.${name}`), name);
    }
    assert.ok(names.includes('rpc.discover'));
    const create = document.methods.find(({ name }) => name === 'engine.create');
    assert.deepEqual(create?.['x-roles'], ['user', 'operator']);
    assert.deepEqual(
      create?.params.filter(({ required }) => required).map(({ name }) => name),
      ['script'],
    );
    for (const { params } of document.methods) {
      // OpenRPC lists required parameters first.
      const places = params.map(({ required }) => required);
      assert.deepEqual(
        places,
        [...places].sort((a, b) => Number(b) - Number(a)),
      );
    }
  });

  it('has the document that /docs shows, with all methods on the page', async () => {
    const document = await work.gomer.rpc.call<OpenRpc>('rpc.discover');
    assert.deepEqual((await request(`${work.url}/openrpc.json`)).body, document);
    const page = await request<string>(`${work.url}/docs`);
    for (const { name } of document.methods) assert.ok(page.text.includes(`id="${name}"`), name);
    const { body } = await request<{ paths: object }>(`${work.url}/openapi.json`);
    assert.ok('/rpc' in body.paths);
  });
});
