import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { makeFolder } from '../../support/folder.js';
import { type Problem, postImport, request, sendJson } from '../../support/http/http.js';
import { freePort } from '../../support/ports.js';
import { hasEnded } from '../../support/processes.js';
import { launchService, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

function uriOf({ address }: RunningTarantool): string {
  return 'path' in address ? address.path : `${address.host}:${address.port}`;
}

function settings(uri: string, password: string): Record<string, string> {
  return { SVODKA_TARANTOOL_URI: uri, SVODKA_TARANTOOL_PASSWORD: password };
}

describe('a Tarantool that was started apart', () => {
  for (const over of ['unix', 'tcp'] as const) {
    it(`is used over ${over}, and runs on when the service ends`, async () => {
      const tarantool = await startTarantool(over === 'unix' ? {} : { over: { port: await freePort() } });
      const env = settings(uriOf(tarantool), tarantool.password);
      const service = await startService({ env });
      const importId = await postImport(service.url, makeCitizens(1500, 100));
      assert.equal((await request(`${service.url}/imports/${importId}/citizens`)).status, 200);
      assert.equal(await service.stop(), 0);
      assert.equal(hasEnded(tarantool.child.pid as number), false);

      const again = await startService({ env });
      assert.equal((await request(`${again.url}/imports/${importId}/citizens`)).status, 200);
      assert.equal(await again.stop(), 0);
      await tarantool.end();
    });
  }

  it('may come later: until then the service answers 503 with Retry-After, then it serves', async () => {
    const dataDir = makeFolder();
    const port = await freePort();
    const httpPort = await freePort();
    const service = launchService({
      env: { ...settings(`tcp://127.0.0.1:${port}`, 'for the tests'), SVODKA_PORT: String(httpPort) },
    });
    const url = `http://127.0.0.1:${httpPort}`;
    await until('the service answers', () =>
      request(`${url}/health/live`).then(
        () => true,
        () => false,
      ),
    );
    const refused = await sendJson<Problem>('POST', `${url}/imports`, { citizens: [] });
    assert.equal(refused.status, 503);
    assert.equal(refused.body.code, 'DATABASE_AWAY');
    assert.ok(Number(refused.headers.get('Retry-After')) > 0);
    assert.equal((await request(`${url}/health/ready`)).status, 503);

    const tarantool = await startTarantool({ over: { port }, dataDir });
    await until('it is ready', async () => (await request(`${url}/health/ready`)).status === 200);
    assert.equal(await postImport(url, makeCitizens(3, 1)), 1);
    assert.equal(await service.stop(), 0);
    await tarantool.end();
  });

  it('with another password is told in the log, without the password, and answered with 503', async () => {
    const tarantool = await startTarantool();
    const httpPort = await freePort();
    const service = launchService({
      env: { ...settings(uriOf(tarantool), 'not this one'), SVODKA_PORT: String(httpPort) },
    });
    const url = `http://127.0.0.1:${httpPort}`;
    await until('the service answers', () =>
      request(`${url}/health/live`).then(
        () => true,
        () => false,
      ),
    );
    assert.equal((await request(`${url}/imports/1/citizens`)).status, 503);
    await service.said(/Tarantool is not there; answering 503 until it is/);
    assert.match(service.output(), /[Pp]assword/);
    assert.doesNotMatch(service.output(), /not this one/);
    assert.equal(await service.stop(), 0);
    await tarantool.end();
  });
});
