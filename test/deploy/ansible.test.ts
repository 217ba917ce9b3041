import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { makeCitizens } from '../../app/census/demo/citizens.js';
import { answersAbout } from '../support/deploy/deployment.js';
import { NIGHTLY_ONLY } from '../support/deploy/nightly_only.js';
import { createRollout, type Played, type Rollout } from '../support/deploy/rollout.js';
import { docker } from '../support/deploy/run.js';
import { makeFolder } from '../support/folder.js';
import { postImport, request } from '../support/http/http.js';

/** A container that runs and answers but never becomes ready. */
const NEVER_READY = `
CMD ["node", "-e", "require('http').createServer((q, s) => { s.statusCode = 503; s.end(); }).listen(8080)"]
`;
/** Takes five minutes, most of it waiting for releases that never become ready. */
/** Enough for a good release, even on a busy machine. */
const READY_TIMEOUT_S = 40;
/** Only the service changes, to a version that never becomes ready. */
const SHORT_TIMEOUT_S = 5;
const MIGRATION = {
  'tarantool/migrations/900_sample.lua': "return { up = function() box.schema.space.create('sample') end }\n",
};

// The life of one server, in order: each test starts where the previous one ended.
describe('ansible-playbook', () => {
  let rollout: Rollout;
  let importId = 0;
  let expected: string[] = [];
  const services = ['web', 'tarantool'] as const;

  before(async () => {
    rollout = await createRollout('ansible');
    rollout.vars['svodka_ready_timeout_s'] = READY_TIMEOUT_S;
  });
  after(() => rollout.remove());

  const succeeds = (played: Played): Played => {
    assert.equal(played.code, 0, played.output);
    return played;
  };
  const containers = async () =>
    Object.fromEntries(
      await Promise.all(services.map(async (service) => [service, await rollout.containers(service)])),
    );
  const answersAsBefore = async () => assert.deepEqual(await answersAbout(rollout.url, [importId]), expected);
  const tell = (t: TestContext, what: string, { seconds, changed }: Played) =>
    t.diagnostic(`${what}: ${seconds} s, changed=${changed}`);

  it('says what it would do to a bare target, and does nothing', async () => {
    succeeds(await rollout.play('site', {}, ['--limit', 'first', '--check']));
    assert.ok(!existsSync(rollout.dir));
  });

  it('leads from a bare target to a verified service', async (t) => {
    tell(t, 'from a bare target to a verified service', succeeds(await rollout.play('site')));
    importId = await postImport(rollout.url, makeCitizens(10_000, 6_000));
    expected = await answersAbout(rollout.url, [importId]);
    const { body } = await request<{ data: unknown[] }>(`${rollout.url}/imports`);
    assert.equal(body.data.length, 1, 'the import that verified it is gone');
  });

  it('leaves the password to the two containers alone', () => {
    const secrets = join(rollout.dir, 'secrets');
    assert.equal(statSync(secrets).mode & 0o777, 0o700);
    const file = statSync(join(secrets, 'made-here', 'tarantool_password'));
    assert.deepEqual([file.mode & 0o777, file.uid, file.size], [0o400, 10001, 48]);
  });

  it('changes nothing when it is run again', async (t) => {
    const running = await containers();
    const played = succeeds(await rollout.play('site'));
    tell(t, 'again', played);
    assert.equal(played.changed, 0, played.output);
    assert.deepEqual(await containers(), running);
  });

  it('restarts nothing for a commit that changes neither image', async () => {
    const [running, release] = [await containers(), rollout.current()];
    await rollout.commit({ 'docs/adr/9999-sample.md': '# A sample\n' });
    succeeds(await rollout.play('site'));
    assert.notEqual(rollout.current(), release);
    assert.deepEqual(await containers(), running);
  });

  it('restarts the service alone when a setting of it changes', async () => {
    const running = await containers();
    rollout.vars['svodka_settings'] = { SVODKA_LOG_LEVEL: 'warn' };
    succeeds(await rollout.play('site'));
    const now = await containers();
    assert.equal(now['tarantool'], running['tarantool']);
    assert.notEqual(now['web'], running['web']);
    assert.match(await docker('inspect', now['web'] as string), /"SVODKA_LOG_LEVEL=warn"/);
  });

  it('keeps the former release when one does not get ready, and stops before the next server', async (t) => {
    const [running, release] = [await containers(), rollout.current()];
    await rollout.commit({ 'app/Dockerfile': NEVER_READY });
    const played = await rollout.play('site', { svodka_ready_timeout_s: SHORT_TIMEOUT_S }, []);
    tell(t, 'a release that never gets ready', played);
    assert.notEqual(played.code, 0);
    assert.match(played.output, new RegExp(`${release} runs again`));
    assert.equal(rollout.current(), release);
    assert.deepEqual(await containers(), running, 'the former service did not even notice');
    await answersAsBefore();
    assert.ok(!existsSync(rollout.secondDir));
  });

  it('puts the data back too when such a release has migrated them', async (t) => {
    const release = rollout.current();
    await rollout.commit(MIGRATION);
    if (NIGHTLY_ONLY) return t.skip(NIGHTLY_ONLY);
    const played = await rollout.play('site');
    tell(t, 'a release that migrates and never gets ready', played);
    assert.notEqual(played.code, 0);
    assert.match(played.output, new RegExp(`${release} runs again`));
    assert.equal(rollout.current(), release);
    await answersAsBefore();
  });

  it('goes back to the release before, its settings included, and forth', async (t) => {
    const release = rollout.current();
    const running = await containers();
    tell(t, 'rollback', succeeds(await rollout.play('rollback')));
    assert.notEqual(rollout.current(), release);
    const now = await containers();
    assert.equal(now['tarantool'], running['tarantool']);
    assert.doesNotMatch(await docker('inspect', now['web'] as string), /"SVODKA_LOG_LEVEL=warn"/);
    await answersAsBefore();
    succeeds(await rollout.play('rollback'));
    assert.equal(rollout.current(), release);
  });

  it('backs up while the service works, and fetches what it made', async (t) => {
    const fetched = makeFolder();
    const running = await containers();
    tell(t, 'backup', succeeds(await rollout.play('backup', { svodka_backup_fetch_dir: fetched })));
    assert.deepEqual(await containers(), running);
    const [name] = readdirSync(join(fetched, 'first')) as [string];
    assert.ok(readdirSync(join(fetched, 'first', name)).includes('SHA256SUMS'));

    assert.equal((await request(`${rollout.url}/imports/${importId}`, { method: 'DELETE' })).status, 204);
    await rollout.wipe();
    rmSync(rollout.dir, { recursive: true });
    // The last commit before the ones that are made to fail.
    tell(t, 'a lost server, rolled out anew', succeeds(await rollout.play('site', { svodka_version: 'HEAD~2' })));
    const from = { svodka_restore_from: join(fetched, 'first', name) };
    tell(t, 'restore', succeeds(await rollout.play('restore', from)));
    await answersAsBefore();
  });

  it('refuses to go back to code that is older than the data, and goes there with a backup of that time', {
    skip: NIGHTLY_ONLY,
  }, async (t) => {
    const release = rollout.current();
    await rollout.revert('HEAD~1');
    succeeds(await rollout.play('site'));
    await answersAsBefore();
    const running = await containers();
    const refused = await rollout.play('rollback');
    assert.notEqual(refused.code, 0);
    assert.match(refused.output, /The data have schema 900/);
    assert.deepEqual(await containers(), running);
    tell(
      t,
      'restore with the release of that time',
      succeeds(await rollout.play('restore', { svodka_to_release: release })),
    );
    assert.equal(rollout.current(), release);
    await answersAsBefore();
  });

  it('removes old releases and their images, and never the current or the former', { skip: NIGHTLY_ONLY }, async () => {
    const former = rollout.current();
    rollout.vars['svodka_settings'] = { SVODKA_LOG_LEVEL: 'error' };
    rollout.vars['svodka_keep_releases'] = 2;
    succeeds(await rollout.play('site'));
    assert.deepEqual(rollout.releases(), [rollout.current(), former].sort());
    succeeds(await rollout.play('verify'));
  });
});
