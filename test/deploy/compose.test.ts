import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../app/census/demo/citizens.js';
import { answersAbout, createDeployment, type Deployment } from '../support/deploy/deployment.js';
import { docker } from '../support/deploy/run.js';
import { postImport } from '../support/http/http.js';

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
    assert.ok(webAdds < 64 * MIB, mib(webAdds));
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
