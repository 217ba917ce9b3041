import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { makeFolder, projectDir } from '../../support/folder.js';
import { type Problem, request } from '../../support/http/http.js';
import { openRaw, requestHead } from '../../support/http/raw_http.js';
import { readMetrics } from '../../support/metrics.js';
import { freePort } from '../../support/ports.js';
import { launchService, type RunningService, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const CONTAINED = 'svodka_contained_errors_total';
const FAULT = 'a fault of the program';

/** Log lines at level 50 with the stack of the fault. */
function faultsIn(output: string): string[] {
  return output.split('\n').filter((line) => line.includes('"level":50') && line.includes(`Error: ${FAULT}`));
}

describe('an error outside the way of a request', () => {
  let service: RunningService;
  before(async () => {
    service = await startService({ program: 'dist/test/support/faulty_service.js' });
  });
  after(async () => {
    assert.equal(await service.stop(), 0);
  });

  const contained = async (owner: string) => (await readMetrics(service.url)).value(CONTAINED, { owner }) ?? 0;
  const inFlight = async () => (await readMetrics(service.url)).value('svodka_http_requests_in_flight');

  it('whose request is not known is logged with its stack and counted, and others are answered', async () => {
    const connection = openRaw(service.port);
    connection.send(requestHead('GET /timer'));
    await until('it is counted', async () => (await contained('none')) === 1);
    assert.equal(faultsIn(service.output()).length, 1);
    assert.equal((await request(`${service.url}/well`)).text, 'well');
    connection.socket.destroy();
  });

  for (const path of ['/timer', '/immediate', '/rejection', '/emitter', '/owned']) {
    it(`ends its own request with 500, once owners are tracked: ${path}`, async () => {
      const before = await contained('request');
      const flying = await inFlight();
      const logged = faultsIn(service.output()).length;
      const answer = await request<Problem>(service.url + path);
      assert.equal(answer.status, 500);
      assert.equal(answer.body.code, 'INTERNAL');
      assert.equal(answer.headers.get('X-Request-Id'), answer.body.requestId);
      assert.doesNotMatch(answer.text, /fault/);
      assert.equal(await contained('request'), before + 1);
      assert.equal(await inFlight(), flying, 'a handler that never returns counts no longer');
      const lines = await until('it is logged', () => {
        const all = faultsIn(service.output());
        return all.length > logged && all;
      });
      assert.equal(lines.length, logged + 1);
      assert.match(lines.at(-1) as string, new RegExp(answer.body.requestId));
    });
  }

  it('gives back what its request held, though half of the body never came', async () => {
    const connection = openRaw(service.port);
    connection.send(`${requestHead('POST /upload', { 'Content-Length': 100 })}half of it`);
    assert.equal((await connection.answer()).status, 500);
    await until('nothing is held', async () => (await request(`${service.url}/held`)).text === '0');
    connection.socket.destroy();
  });

  it('after the handler, when the answer is made JSON, is a problem like any other', async () => {
    const before = await contained('request');
    const answer = await request<Problem>(`${service.url}/json`);
    assert.deepEqual([answer.status, answer.body.code], [500, 'INTERNAL']);
    assert.equal(await contained('request'), before + 1);
    assert.match(service.output(), /"status":500,[^\n]*BigInt/);
  });

  it('in the middle of an answer cuts that connection alone, so that nobody takes it for whole', async () => {
    const connection = openRaw(service.port);
    connection.send(requestHead('GET /stream'));
    const received = await connection.ended();
    assert.match(received, /200 OK[\s\S]*the beginning/);
    assert.doesNotMatch(received, /\r\n0\r\n\r\n$/);
    assert.equal((await request(`${service.url}/well`)).status, 200);
  });

  it('behind the end of an answer leaves the connection as it is', async () => {
    const before = await contained('request');
    const connection = openRaw(service.port);
    connection.send(requestHead('GET /ended'));
    assert.equal((await connection.answer()).status, 200);
    await until('it is counted', async () => (await contained('request')) === before + 1);
    connection.send(requestHead('GET /well'));
    assert.equal((await connection.answer()).status, 200);
    connection.socket.destroy();
    assert.match(service.output(), /write after end/);
  });

  it('ends the stream of a client that takes none of its events', async () => {
    const connection = openRaw(service.port);
    connection.socket.pause();
    connection.send(requestHead('GET /flood'));
    const behind = openRaw(service.port);
    behind.send(requestHead('GET /flood') + requestHead('GET /flood'));
    behind.socket.pause();
    await until('they are over', async () => {
      const { body } = await request<{ begun: number; ended: number }>(`${service.url}/floods`);
      return body.begun >= 2 && body.ended === body.begun;
    });
    for (const { socket } of [connection, behind]) socket.destroy();
  });

  it('that is a broken invariant stops the process in order, with 1', async () => {
    const own = await startService({ program: 'dist/test/support/faulty_service.js' });
    assert.equal((await request(`${own.url}/invariant`)).text, 'soon');
    assert.equal(await own.exited, 1);
    assert.match(own.output(), /"level":60[^\n]*broken invariant/);
  });
});

describe('the service', () => {
  /** Throws at SIGUSR2 and violates an invariant at SIGWINCH. */
  function faultySignals(): Record<string, string> {
    const file = join(makeFolder(), 'preload.mjs');
    const faults = pathToFileURL(join(projectDir, 'dist', 'app', 'faults.js'));
    writeFileSync(
      file,
      `import { isMainThread } from 'node:worker_threads';
      import { InvariantError } from '${faults}';
      if (isMainThread) {
        process.on('SIGUSR2', () => { throw new Error('${FAULT}'); });
        process.on('SIGWINCH', () => { throw new InvariantError('a test', undefined); });
      }`,
    );
    return { NODE_OPTIONS: `--import=${pathToFileURL(file)}` };
  }

  it('goes on after an error of nobody, and stops in order after a broken invariant, Tarantool too', async () => {
    const service = await startService({ env: faultySignals() });
    service.child.kill('SIGUSR2');
    await until(
      'it is counted',
      async () => (await readMetrics(service.url)).value(CONTAINED, { owner: 'none' }) === 1,
    );
    assert.equal(faultsIn(service.output()).length, 1);
    assert.equal((await request(`${service.url}/health/ready`)).status, 200);
    service.child.kill('SIGWINCH');
    assert.equal(await service.exited, 1);
    assert.match(service.output(), /"level":60[^\n]*broken invariant: a test[\s\S]*"msg":"stopped"/);
  });

  it('ends when an error comes while it starts', async () => {
    const port = await freePort();
    const service = launchService({
      env: {
        ...faultySignals(),
        SVODKA_PORT: String(port),
        // Nothing answers at that address, so the start takes 3 s.
        SVODKA_TARANTOOL_URI: '/nonexistent/tarantool.sock',
        SVODKA_TARANTOOL_PASSWORD: 'x',
      },
    });
    await until('it listens', () =>
      request(`http://127.0.0.1:${port}/health/live`).then(
        () => true,
        () => false,
      ),
    );
    service.child.kill('SIGUSR2');
    assert.equal(await service.exited, 1);
    assert.match(service.output(), /"level":60[^\n]*stopping because of an error/);
  });

  for (const format of ['json', 'pretty']) {
    it(`serves and stops in order while its log (${format}) cannot be written, and says so`, async () => {
      const port = await freePort();
      const child = spawn(process.execPath, [join(projectDir, 'dist', 'app', 'main.js')], {
        env: {
          ...process.env,
          SVODKA_PORT: String(port),
          SVODKA_DATA_DIR: makeFolder(),
          SVODKA_TARANTOOL_URI: '/nonexistent/tarantool.sock',
          SVODKA_TARANTOOL_PASSWORD: 'x',
          SVODKA_LOG_FORMAT: format,
        },
        stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
      });
      const exited = once(child, 'exit');
      let told = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        told += text;
      });
      try {
        const isLive = () =>
          request(`http://127.0.0.1:${port}/health/live`).then(
            ({ status }) => status === 200,
            () => false,
          );
        for (let round = 0; round < 3; round++) await until('it answers', isLive);
        child.kill('SIGTERM');
        assert.deepEqual(await exited, [0, null]);
        assert.match(told, /The log cannot be written: ENOSPC/);
      } finally {
        child.kill('SIGKILL');
      }
    });
  }
});
