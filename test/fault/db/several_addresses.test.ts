import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { citizen } from '../../support/census/citizens.js';
import { settingsFor } from '../../support/db/external.js';
import { startTarantool } from '../../support/db/tarantool.js';
import { postImport, request } from '../../support/http/http.js';
import { startService } from '../../support/service.js';
import { until } from '../../support/until.js';

describe('a service that knows several databases, each of which will do', () => {
  it('uses the first that is there, the next when that one is gone, and goes round', async () => {
    const [first, second] = [await startTarantool(), await startTarantool()];
    const [firstUri, secondUri] = [first, second].map((each) => settingsFor(each)['SVODKA_TARANTOOL_URI']);
    const service = await startService({
      env: { ...settingsFor(first), SVODKA_TARANTOOL_URI: `/nowhere/t.sock,${firstUri},${secondUri}` },
    });
    const isReady = async () => (await request(`${service.url}/health/ready`)).status === 200;
    const listed = async () => (await request<{ data: unknown[] }>(`${service.url}/imports`)).body.data.length;
    await until('it is ready', isReady);
    await postImport(service.url, [citizen(1)]);
    assert.equal(await listed(), 1);

    await first.end('SIGKILL');
    await until('it uses the second', isReady);
    assert.equal(await listed(), 0);

    const again = await startTarantool({ dataDir: first.dataDir });
    await second.end('SIGKILL');
    await until('it uses the first again', isReady);
    assert.equal(await listed(), 1);
    assert.equal(await service.stop(), 0);
    await again.end('SIGKILL');
  });
});
