import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePort } from '../support/deploy/deployment.js';
import { NIGHTLY_ONLY } from '../support/deploy/nightly_only.js';
import { createRollout, type Rollout } from '../support/deploy/rollout.js';
import { docker } from '../support/deploy/run.js';
import { rpcCaller } from '../support/http/rpc.js';
import { until } from '../support/until.js';
import { assertStatus, fileClient } from '../support/work/file_client.js';

/** Takes three minutes: two image builds. */
const PATIENCE_MS = 120_000;

type Task = { task_id: string; status: string; locked_by: string | null };

describe('ansible-playbook with the group executors', { skip: NIGHTLY_ONLY }, () => {
  let rollout: Rollout;
  const workers = () => docker('ps', '--quiet', '--filter', 'label=com.docker.compose.service=executor');
  before(async () => {
    rollout = await createRollout('executors');
    const port = await freePort();
    const password = 'for the tests of executors';
    Object.assign(rollout.vars, {
      svodka_ready_timeout_s: 60,
      svodka_executors: 0,
      svodka_executor_password: password,
      svodka_tarantool_publish: `0.0.0.0:${port}`,
    });
    // This machine, as containers see it: the first address of the default network. Some engines name no gateway.
    const subnet = await docker('network', 'inspect', '--format', '{{(index .IPAM.Config 0).Subnet}}', 'bridge');
    rollout.executorVars['svodka_tarantool_uri'] = `${subnet.replace(/\d+\/\d+$/, '1')}:${port}`;
  });
  after(async () => {
    const running = await workers();
    if (running !== '') await docker('rm', '--force', ...running.split('\n'));
    await rollout.remove();
  });

  it('runs tasks of the service on another server, and changes nothing when it is run again', async () => {
    const flags = ['--limit', 'first,worker'];
    const played = await rollout.play('site', {}, flags);
    assert.equal(played.code, 0, played.output);
    const web = await rollout.containers('web');
    const token = await docker('exec', web, 'cat', '/var/lib/svodka-web/admin-token');
    const rpc = rpcCaller(rollout.url, token);
    const { task_id: id } = await rpc.call<Task>('engine.create', { script: 'render.scene' });
    try {
      await until(
        'the task has been taken and ended',
        async () => (await rpc.call<Task>('engine.status', { task_id: id })).status === 'finished',
        PATIENCE_MS,
      );
    } catch (reason) {
      throw new Error(await docker('logs', '--tail', '20', await workers()), { cause: reason });
    }
    assert.equal(await docker('exec', await workers(), 'ls', '/run/executor-secrets'), 'executor_password');

    const files = fileClient({ url: rollout.url, dataDir: '' }, token);
    assertStatus(await files.put('a/file', 'content'), 201);
    assert.equal(readFileSync(join(rollout.dir, 'work', 'files', 'a', 'file'), 'utf8'), 'content');

    const worker = await workers();
    const again = await rollout.play('site', {}, flags);
    assert.equal(again.code, 0, again.output);
    assert.match(again.output, /^worker +: ok=\d+ +changed=0/m);
    assert.equal(again.changed, 0, again.output);
    assert.equal(await workers(), worker);
  });
});
