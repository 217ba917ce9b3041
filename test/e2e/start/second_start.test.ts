import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { postImport, request } from '../../support/http/http.js';
import { hasEnded } from '../../support/processes.js';
import { launchService, type RunningService, startService } from '../../support/service.js';

describe('a second start beside a service that runs', () => {
  let first: RunningService;
  before(async () => {
    first = await startService();
  });
  after(async () => {
    assert.equal(await first.stop(), 0);
  });

  async function assertUnhurt(): Promise<void> {
    const importId = await postImport(first.url, makeCitizens(3, 1));
    assert.equal((await request(`${first.url}/imports/${importId}/citizens`)).status, 200);
    assert.equal(hasEnded(first.tarantoolPid()), false);
    assert.doesNotMatch(first.output(), /Tarantool died/);
  }

  it('on the same port says that it is taken, ends with 1 and touches nothing', async () => {
    const second = launchService({ env: { SVODKA_PORT: String(first.port) }, dataDir: first.dataDir });
    assert.equal(await second.exited, 1);
    assert.ok(
      second
        .output()
        .endsWith(
          `\n127.0.0.1:${first.port} is taken: perhaps Svodka runs already. Set SVODKA_PORT to another port.\n`,
        ),
      second.output(),
    );
    await assertUnhurt();
  });

  it('on the same data folder and another port says that the folder is in use and ends with 1', async () => {
    const second = launchService({ dataDir: first.dataDir });
    assert.equal(await second.exited, 1);
    assert.ok(
      second.output().includes(`The data folder ${first.dataDir} is in use: Svodka runs there already.`),
      second.output(),
    );
    assert.doesNotMatch(second.output(), /^ +at /m);
    await assertUnhurt();
  });
});
