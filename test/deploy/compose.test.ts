import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../app/census/demo/citizens.js';
import { answersAbout, createDeployment, type Deployment } from '../support/deploy/deployment.js';
import { docker } from '../support/deploy/run.js';
import { postImport } from '../support/http/http.js';
import { rpcCaller } from '../support/http/rpc.js';
import { until } from '../support/until.js';
import { assertStatus, fileClient } from '../support/work/file_client.js';

const MIB = 1024 ** 2;

describe('compose up from a clone', () => {
  let deployment: Deployment;
  let toServeMs = 0;
  before(async () => {
    deployment = await createDeployment('compose');
    const begun = performance.now();
    await deployment.compose('up', '--detach', '--build');
    await deployment.untilReady();
    toServeMs = performance.now() - begun;
  });
  after(() => deployment.remove());

  const inspect = async (service: string, format: string) =>
    docker('inspect', '--format', format, await deployment.container(service));

  it('serves, with images that add little to their bases', async (t) => {
    const bytesOf = async (image: string) => Number(await docker('inspect', '--format', '{{.Size}}', image));
    const web = await bytesOf(`svodka-web:${deployment.env['SVODKA_TAG']}`);
    const tarantool = await bytesOf(`svodka-tarantool:${deployment.env['SVODKA_TAG']}`);
    const webAdds = web - (await bytesOf('node:22-bookworm-slim'));
    const tarantoolAdds = tarantool - (await bytesOf('tarantool/tarantool:2.11'));
    const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`;
    t.diagnostic(`from a clone to the first answer, both images built: ${(toServeMs / 1000).toFixed(1)} s`);
    t.diagnostic(`svodka-web adds ${mib(webAdds)} to its base, svodka-tarantool ${mib(tarantoolAdds)}`);
    // 35 to 50 MiB of them are python3.
    assert.ok(webAdds < 128 * MIB, mib(webAdds));
    assert.ok(tarantoolAdds < 1 * MIB, mib(tarantoolAdds));
  });

  it('takes an import and answers about it', async () => {
    const importId = await postImport(deployment.url, makeCitizens(10_000, 6_000));
    const [list] = await answersAbout(deployment.url, [importId]);
    assert.match(list as string, / 200 /);
  });

  it('publishes the one port of the service, on loopback', async () => {
    assert.equal(await docker('port', await deployment.container('tarantool')), '');
    const address = deployment.env['SVODKA_PUBLISH'];
    assert.equal(await docker('port', await deployment.container('web')), `8080/tcp -> ${address}`);
  });

  for (const service of ['web', 'tarantool']) {
    it(`${service}: no root, no capability, nothing written but into volumes`, async () => {
      const id = await deployment.container(service);
      const status = await docker('exec', id, 'cat', '/proc/1/status');
      assert.match(status, /^Uid:\t10001\t10001\t10001\t10001$/m);
      assert.match(status, /^CapEff:\t0+$/m);
      assert.match(status, /^CapBnd:\t0+$/m);
      assert.match(status, /^NoNewPrivs:\t1$/m);
      assert.equal(await inspect(service, '{{.HostConfig.ReadonlyRootfs}}'), 'true');
      await assert.rejects(docker('exec', id, 'touch', '/opt/x'), /Read-only file system/);
    });

    it(`${service}: ends in order as process 1, and comes back`, async () => {
      const id = await deployment.container(service);
      const begun = performance.now();
      await docker('stop', id);
      const tookMs = performance.now() - begun;
      // 137 would mean SIGKILL after stop_grace_period.
      assert.equal(await docker('inspect', '--format', '{{.State.ExitCode}}', id), '0');
      assert.ok(tookMs < 15_000, `${tookMs} ms`);
      await docker('start', id);
      await deployment.untilReady();
    });
  }

  const adminToken = async () =>
    docker('exec', await deployment.container('web'), 'cat', '/var/lib/svodka-web/admin-token');

  it('runs a task in Python, and the workflow of an executable that comes with Svodka', async () => {
    const web = await deployment.container('web');
    assert.match(await docker('exec', web, 'python3', '--version'), /^Python 3/);
    const rpc = rpcCaller(deployment.url, await adminToken());
    const task = { id: 1, name: 't', exec: 'await', function: 'simple', params: ['0'] };
    const project = { id: 1, name: 'p', workflows: [{ id: 1, name: 'w', tasks: [task] }] };
    await rpc.call('workflow.create', { context: { project } });
    await rpc.call('workflow.run', { project: 'p', workflow: 'w' });
    await until('the run has succeeded', async () => {
      const { status } = await rpc.call<{ status: string }>('workflow.status', { project: 'p', workflow: 'w' });
      assert.notEqual(status, 'error');
      return status === 'success';
    });
  });

  it('keeps files in a volume, also when the container is another one', async () => {
    const files = fileClient({ url: deployment.url, dataDir: '' }, await adminToken());
    assertStatus(await files.put('folder/file', 'content'), 201);
    const old = await deployment.container('web');
    await docker('rm', '--force', old);
    await deployment.compose('up', '--detach', '--no-deps', 'web');
    await deployment.untilReady();
    assert.notEqual(await deployment.container('web'), old);
    assert.equal(assertStatus(await files.send('GET', '/files/folder/file'), 200).bytes.toString(), 'content');
  });

  it('runs tasks in executors of their own with the profile, which hold no other password', async () => {
    deployment.env['SVODKA_EXECUTORS'] = '0';
    deployment.env['COMPOSE_PROFILES'] = 'executor';
    await deployment.compose('up', '--detach', '--no-deps', 'web', 'executor');
    await deployment.untilReady();
    const executor = await deployment.container('executor');
    const rpc = rpcCaller(deployment.url, await adminToken());
    const created = await rpc.call<{ task_id: string }>('engine.create', { script: 'render.scene' });
    const params = { task_id: created.task_id, wait_s: 60 };
    const ended = await rpc.call<{ status: string }>('engine.result', params);
    assert.equal(ended.status, 'finished', JSON.stringify(ended));
    assert.equal(await docker('exec', executor, 'ls', '/run/executor-secrets'), 'executor_password');
    await assert.rejects(docker('exec', executor, 'ls', '/run/secrets'), /No such file/);
    const begun = performance.now();
    await docker('stop', executor);
    assert.equal(await docker('inspect', '--format', '{{.State.ExitCode}}', executor), '0');
    assert.ok(performance.now() - begun < 15_000);
  });

  it('keeps the password in one file, that of the service and Tarantool alone', async () => {
    const path = '/run/secrets/tarantool_password';
    const stat = await docker('exec', await deployment.container('web'), 'stat', '-c', '%a %u %s', path);
    assert.equal(stat, '600 10001 33');
    const settings = await docker(
      'inspect',
      await deployment.container('web'),
      await deployment.container('tarantool'),
    );
    const password = await docker('exec', await deployment.container('web'), 'cat', path);
    assert.ok(!settings.includes(password));
  });
});
