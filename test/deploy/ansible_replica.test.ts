import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { makeCitizens } from '../../app/census/demo/citizens.js';
import { answersAbout } from '../support/deploy/deployment.js';
import { NIGHTLY_ONLY } from '../support/deploy/nightly_only.js';
import { createRollout, type Played, type Rollout } from '../support/deploy/rollout.js';
import { docker } from '../support/deploy/run.js';
import { postImport, request, sendJson } from '../support/http/http.js';
import { until } from '../support/until.js';

const PATIENCE_MS = 60_000;
const SERVICES = ['web', 'tarantool', 'tarantool-replica'] as const;
/** It exits at once, again and again. */
const NEVER_HEALTHY = '\nCMD ["false"]\n';
const SHORT_TIMEOUT_S = 8;

/** Takes seven minutes: rollouts of two databases. */

// The life of one server, in order: each test starts where the previous one ended.
describe('ansible-playbook with a replica', { skip: NIGHTLY_ONLY }, () => {
  let rollout: Rollout;
  let importId = 0;
  let expected: string[] = [];

  before(async () => {
    rollout = await createRollout('ansible-replica');
    Object.assign(rollout.vars, { svodka_replica: true, svodka_ready_timeout_s: 60 });
  });
  after(() => rollout.remove());

  const succeeds = (played: Played): Played => {
    assert.equal(played.code, 0, played.output);
    return played;
  };
  const tell = (t: TestContext, what: string, { seconds, changed }: Played) =>
    t.diagnostic(`${what}: ${seconds} s, changed=${changed}`);
  const containers = () => Promise.all(SERVICES.map((service) => rollout.containers(service)));
  const answersAsBefore = async () => assert.deepEqual(await answersAbout(rollout.url, [importId]), expected);
  /** Resolves once the current replica answers a read of the import that accepts stale data. */
  const untilFollowed = () =>
    until(
      'the replica answers',
      async () => {
        const { headers } = await request(`${rollout.url}/imports/${importId}?max_staleness_ms=5000`);
        return headers.get('X-Served-By') === 'replica';
      },
      PATIENCE_MS,
    );
  const change = async (town: string) => {
    const { status } = await sendJson('PATCH', `${rollout.url}/imports/${importId}/citizens/1`, { town });
    assert.equal(status, 200);
    expected = await answersAbout(rollout.url, [importId]);
  };

  it('leads from a bare target to a pair, with both passwords made once', async (t) => {
    tell(t, 'from a bare target to a pair', succeeds(await rollout.play('site')));
    importId = await postImport(rollout.url, makeCitizens(10_000, 6_000));
    expected = await answersAbout(rollout.url, [importId]);
    await untilFollowed();
    for (const name of ['tarantool_password', 'replication_password']) {
      const file = statSync(join(rollout.dir, 'secrets', 'made-here', name));
      assert.deepEqual([file.mode & 0o777, file.uid, file.size], [0o400, 10001, 48]);
    }
    const running = await containers();
    const again = succeeds(await rollout.play('site'));
    tell(t, 'again', again);
    assert.equal(again.changed, 0, again.output);
    assert.deepEqual(await containers(), running);
  });

  it('makes the replica the primary while both run, and says so when it is that already', async (t) => {
    const played = succeeds(await rollout.play('takeover'));
    tell(t, 'takeover', played);
    assert.match(played.output, /tarantool-replica: this is the primary of term 2; lost: nothing/);
    assert.match(played.output, /The other one: .*(replica|retired) of term/);
    await answersAsBefore();
    await change('Керчь');
    await untilFollowed();
    const again = succeeds(await rollout.play('takeover'));
    tell(t, 'takeover again', again);
    assert.match(again.output, /tarantool-replica is the primary already: .*primary of term 2/);
    assert.equal(again.changed, 0, again.output);
  });

  it('rolls out onto a pair that was turned round, the follower first, and keeps the primary', async (t) => {
    assert.equal(succeeds(await rollout.play('site')).changed, 0);
    const [, first, second] = await containers();
    await rollout.commit({ 'tarantool/Dockerfile': NEVER_HEALTHY });
    const failed = await rollout.play('site', { svodka_ready_timeout_s: SHORT_TIMEOUT_S });
    assert.notEqual(failed.code, 0);
    assert.match(failed.output, /runs again/);
    assert.equal((await containers())[2], second, 'the primary was not touched');
    assert.notEqual((await containers())[1], first);
    await answersAsBefore();
    await rollout.revert('HEAD');
    rollout.vars['svodka_tarantool_settings'] = { SVODKA_INSERT: 'plain' };
    tell(t, 'a setting of both databases', succeeds(await rollout.play('site')));
    const now = await containers();
    assert.match(await docker('inspect', now[2] as string), /"SVODKA_INSERT=plain"/);
    assert.match(await docker('inspect', now[1] as string), /"SVODKA_INSERT=plain"/);
    await answersAsBefore();
    await untilFollowed();
    assert.match(succeeds(await rollout.play('takeover')).output, /is the primary already/);
  });

  it('refuses to take away a replica that is the primary', async () => {
    const running = await containers();
    const refused = await rollout.play('site', { svodka_replica: false });
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /Hand back first: ansible-playbook takeover\.yml/);
    assert.deepEqual(await containers(), running);
  });

  it('puts a backup of the primary back, which the other one then copies', async (t) => {
    succeeds(await rollout.play('backup'));
    const kept = expected;
    await change('Москва');
    tell(t, 'restore', succeeds(await rollout.play('restore')));
    expected = kept;
    await answersAsBefore();
    await untilFollowed();
  });

  it('takes over from a primary that was stopped in order, and only when told from one that was killed', async (t) => {
    const [, first] = await containers();
    await docker('stop', first as string);
    const stopped = succeeds(await rollout.play('takeover'));
    tell(t, 'takeover from a primary that was stopped', stopped);
    assert.match(stopped.output, /lost: nothing.*The other one: does not answer/s);
    await answersAsBefore();
    succeeds(await rollout.play('site'));
    await untilFollowed();

    await docker('kill', (await containers())[2] as string);
    const unsaved = await rollout.play('backup');
    assert.notEqual(unsaved.code, 0);
    assert.match(unsaved.output, /No primary answers here/);
    const back = { svodka_to_primary: 'tarantool' };
    const refused = await rollout.play('takeover', back);
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /was not stopped in order.*svodka_lossy=true/s);
    assert.equal(refused.changed, 0);
    const taken = succeeds(await rollout.play('takeover', { ...back, svodka_lossy: true }));
    tell(t, 'lossy takeover', taken);
    assert.match(taken.output, /lost: unknown/);
    await answersAsBefore();
  });

  it('removes the replica when it is no longer wanted', async () => {
    rollout.vars['svodka_replica'] = false;
    succeeds(await rollout.play('site'));
    assert.equal(await rollout.containers('tarantool-replica'), '');
    assert.ok(existsSync(join(rollout.dir, 'current')));
    await answersAsBefore();
    assert.equal(succeeds(await rollout.play('site')).changed, 0);
  });
});
