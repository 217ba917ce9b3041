import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../app/census/demo/citizens.js';
import { answersAbout, createDeployment, type Deployment } from '../support/deploy/deployment.js';
import { docker } from '../support/deploy/run.js';
import { postImport, request, sendJson } from '../support/http/http.js';
import { until } from '../support/until.js';

const PATIENCE_MS = 60_000;

describe('compose with the profile replica', () => {
  let deployment: Deployment;
  let importId: number;
  const takeOver = (service: string, ...flags: string[]) =>
    deployment.compose('exec', '-T', service, 'svodka-takeover', ...flags);
  /** Resolves once the replica answers a read of the import that accepts stale data. */
  const untilFollowed = () =>
    until(
      'the replica answers',
      async () => {
        const { headers } = await request(`${deployment.url}/imports/${importId}?max_staleness_ms=5000`);
        return headers.get('X-Served-By') === 'replica';
      },
      PATIENCE_MS,
    );
  before(async () => {
    deployment = await createDeployment('replica');
    Object.assign(deployment.env, {
      COMPOSE_PROFILES: 'replica',
      SVODKA_REPLICA_URI: 'tarantool-replica:3301',
      SVODKA_MEMTX_MEMORY: String(256 * 1024 * 1024),
    });
    await deployment.compose('up', '--detach', '--build');
    await deployment.untilReady();
    importId = await postImport(deployment.url, makeCitizens(10_000, 6_000));
    await untilFollowed();
  });
  after(() => deployment.remove());

  it('hands over by one command when the primary was stopped in order, and that one follows once it is back', async (t) => {
    const answers = await answersAbout(deployment.url, [importId]);
    await deployment.compose('stop', 'tarantool');
    const begun = performance.now();
    assert.match(await takeOver('tarantool-replica'), /primary of term 2; lost: nothing/);
    await deployment.untilReady();
    t.diagnostic(`served again ${Math.round(performance.now() - begun)} ms after the start of the command`);
    assert.deepEqual(await answersAbout(deployment.url, [importId]), answers);
    assert.equal(
      (await sendJson('PATCH', `${deployment.url}/imports/${importId}/citizens/1`, { town: 'Керчь' })).status,
      200,
    );
    await deployment.compose('start', 'tarantool');
    await untilFollowed();
  });

  it('hands back while both run', async () => {
    assert.match(await takeOver('tarantool'), /primary of term 3; lost: nothing/);
    await deployment.untilReady();
    await untilFollowed();
  });

  it('takes over from one that was killed when that is said, and copies it anew into an empty volume', async () => {
    const answers = await answersAbout(deployment.url, [importId]);
    await docker('kill', await deployment.container('tarantool'));
    await assert.rejects(takeOver('tarantool-replica'), /was not stopped in order/);
    assert.match(await takeOver('tarantool-replica', '--lossy'), /primary of term 4; lost: unknown/);
    await deployment.untilReady();
    assert.deepEqual(await answersAbout(deployment.url, [importId]), answers);
    await deployment.compose('rm', '--force', 'tarantool');
    await docker('volume', 'rm', `${deployment.project}_data`);
    await deployment.compose('up', '--detach', '--no-deps', 'tarantool');
    await untilFollowed();
    assert.deepEqual(await answersAbout(deployment.url, [importId]), answers);
  });
});
