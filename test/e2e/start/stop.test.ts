import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { makeFolder } from '../../support/folder.js';
import { postImport, request } from '../../support/http/http.js';
import { hasEnded, tcpListeners } from '../../support/processes.js';
import { makeScript } from '../../support/programs.js';
import { launchService, type RunningService, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

/** Sends the first half of an import and waits until the service has started reading it. */
async function beginImport(service: RunningService): Promise<{ request: ClientRequest; rest: string }> {
  const body = JSON.stringify({ citizens: makeCitizens(20, 5) });
  const half = body.length >> 1;
  const upload = httpRequest(`${service.url}/imports`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body), Expect: '100-continue' },
  });
  upload.on('error', () => {});
  upload.flushHeaders();
  await once(upload, 'continue');
  upload.write(body.slice(0, half));
  return { request: upload, rest: body.slice(half) };
}

const waysToStop: { reason: string; signals: NodeJS.Signals[] }[] = [
  { reason: 'Ctrl-C', signals: ['SIGINT'] },
  { reason: 'Ctrl-C under npm, which passes it on once more', signals: ['SIGINT', 'SIGINT'] },
  { reason: 'systemd, docker stop and kill', signals: ['SIGTERM'] },
  { reason: 'the terminal window is closed', signals: ['SIGHUP'] },
];

describe('stopping', () => {
  for (const { reason, signals } of waysToStop) {
    it(`finishes what is under way, then ends Tarantool and itself with 0, losing nothing: ${reason}`, async () => {
      const service = await startService();
      const stored = makeCitizens(300, 20);
      const first = await postImport(service.url, stored);
      const tarantool = service.tarantoolPid();
      const upload = await beginImport(service);
      const answered = once(upload.request, 'response') as Promise<[IncomingMessage]>;

      for (const signal of signals) service.child.kill(signal);
      await service.said(/"msg":"stopping"/);
      upload.request.end(upload.rest);
      const [response] = await answered;
      response.resume();
      assert.equal(response.statusCode, 201);
      assert.equal(await service.exited, 0);
      assert.ok(hasEnded(tarantool));
      assert.match(service.output(), /"msg":"stopped"/);
      assert.doesNotMatch(service.output(), /"level":50|Stopped at once/);

      const again = await startService({ dataDir: service.dataDir });
      const kept = await request<{ data: unknown[] }>(`${again.url}/imports/${first}/citizens`);
      assert.deepEqual(kept.body.data, stored);
      assert.equal((await request(`${again.url}/imports/${first + 1}/citizens`)).status, 200);
      assert.equal(await again.stop(), 0);
    });
  }

  it('does not wait any longer on a second Ctrl-C a while later: ends with 1 and words, leaving no Tarantool', async () => {
    const service = await startService();
    const importId = await postImport(service.url, makeCitizens(3, 1));
    const tarantool = service.tarantoolPid();
    const upload = await beginImport(service);
    // A second signal, as from a user who does not want to wait.
    await until('it gives in', () => {
      service.child.kill('SIGINT');
      return service.child.exitCode !== null;
    });
    upload.request.destroy();
    assert.equal(await service.exited, 1);
    assert.match(service.output(), /^Stopped at once, not waiting for what is under way\.$/m);
    await until('Tarantool ends', () => hasEnded(tarantool));

    const again = await startService({ dataDir: service.dataDir });
    assert.equal((await request(`${again.url}/imports/${importId}/citizens`)).status, 200);
    assert.equal(await again.stop(), 0);
  });
});

describe('stopping before it serves', () => {
  it('ends Tarantool and itself with 0 while Tarantool is starting', async () => {
    const pidFile = `${makeFolder()}/pid`;
    // Simulates a Tarantool that loads for a long time: its script starts only after an hour.
    const bin = makeScript('slow-tarantool', [
      `echo $$ > ${pidFile}`,
      'echo loading >&2',
      `exec tarantool -e "require('fiber').sleep(3600)" "$@"`,
    ]);
    const service = launchService({ env: { SVODKA_TARANTOOL_BIN: bin } });
    await service.said(/loading/);
    service.child.kill('SIGINT');
    assert.equal(await service.exited, 0);
    assert.match(service.output(), /"msg":"stopped"/);
    assert.doesNotMatch(service.output(), /listens at|did not start|Tarantool died/);
  });

  it('does not start Tarantool again when it says that it is ready just as it is told to stop', async () => {
    // Reproduces, every time, a Tarantool that finishes loading between our signal and its exit.
    const bin = makeScript('late-tarantool', [
      `trap 'echo "{\\"event\\":\\"ready\\"}"; sleep 0.2; exit 0' TERM`,
      'echo loading >&2',
      'while :; do sleep 0.05; done',
    ]);
    const service = launchService({ env: { SVODKA_TARANTOOL_BIN: bin } });
    await service.said(/loading/);
    service.child.kill('SIGTERM');
    assert.equal(await service.exited, 0);
    assert.match(service.output(), /"msg":"Tarantool is ready"/);
    assert.doesNotMatch(service.output(), /listens at|Tarantool died/);
  });

  it('ends with 0 while it waits for a Tarantool that is not there', async () => {
    const service = launchService({
      env: { SVODKA_TARANTOOL_URI: `${makeFolder()}/t.sock`, SVODKA_TARANTOOL_PASSWORD: 'x' },
    });
    const pid = service.child.pid as number;
    const [address] = await until('it listens', () => tcpListeners(pid).length > 0 && tcpListeners(pid));
    const port = Number.parseInt((address as string).slice(-4), 16);
    assert.equal((await request(`http://127.0.0.1:${port}/health/live`)).status, 200);
    service.child.kill('SIGINT');
    assert.equal(await service.exited, 0);
    assert.doesNotMatch(service.output(), /listens at|is not there/);
  });

  it('ends with 0 in the middle of the demo', async () => {
    const service = launchService({ args: ['--demo'] });
    await service.said(/listens at/);
    service.child.kill('SIGINT');
    assert.equal(await service.exited, 0);
    assert.match(service.output(), /"msg":"stopped"/);
    assert.doesNotMatch(service.output(), /second error|The sample stays/);
  });
});
