import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { type ExternalPair, startPair } from '../../support/db/external.js';
import { postRpc, type RpcResponse, rpcCaller } from '../../support/http/rpc.js';
import { until } from '../../support/until.js';
import { callerWith, readAdminToken } from '../../support/users.js';

let pair: ExternalPair;
afterEach(() => pair.stop());

async function start() {
  pair = await startPair();
  const { url, dataDir } = pair.service;
  const token = readAdminToken(dataDir);
  const task = await rpcCaller(url, token).call<{ id: number }>('engine.create', { script: 'render.scene' });
  const wait = (seconds: number) => {
    const params = { task_id: task.id, wait_s: seconds };
    return postRpc(url, token, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'engine.result', params }));
  };
  return { url, token, task, wait };
}

/** Resolves once the service has sent a call that waits for changes of jobs. */
async function untilItWaits(url: string): Promise<void> {
  await until('the service waits for changes', async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return /svodka_tarantool_calls_total\{[^}]*procedure="svodka\.jobs\.get"[^}]*\} [2-9]/.test(text);
  });
}

describe('a request that waits for the end of a task', () => {
  it('is answered at once with the task as it is when the service stops', async () => {
    const { url, task, wait } = await start();
    const answer = wait(60);
    await untilItWaits(url);
    assert.equal(await pair.service.stop(), 0);
    const { result } = (await answer).body as RpcResponse;
    assert.deepEqual(result, task);
  });

  it('is -32003 when the database goes away meanwhile, and a request after that HTTP 503', async () => {
    const { url, token, wait } = await start();
    const answer = wait(2);
    await untilItWaits(url);
    await pair.tarantool.end('SIGKILL');
    const { status, body } = await answer;
    assert.equal(status, 200);
    const { error } = body as RpcResponse;
    assert.deepEqual([error?.code, error?.data?.code], [-32003, 'DATABASE_AWAY']);
    const later = await postRpc(url, token, '{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}');
    assert.equal(later.status, 503);
    assert.equal((await callerWith(url, token).get('/api/v1/tasks/')).status, 503);
  });
});
