import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startPair } from '../../support/db/external.js';
import { runToEnd } from '../../support/programs.js';

const PROBE = 'dist/app/health/probe.js';

describe('the probe for a container', () => {
  it('ends with 0 while the service is ready, with 1 while Tarantool is away or the service is', async () => {
    const pair = await startPair();
    const settings = { ...process.env, SVODKA_HOST: '0.0.0.0', SVODKA_PORT: String(pair.service.port) };
    const probe = () => runToEnd(process.execPath, [PROBE], settings);
    try {
      assert.deepEqual((await probe()).code, 0);
      await pair.tarantool.end('SIGKILL');
      const away = await probe();
      assert.equal(away.code, 1);
      assert.match(away.output, /does not answer/);
    } finally {
      await pair.stop();
    }
    assert.equal((await probe()).code, 1);
  });
});
