import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDeployment, type Deployment } from '../support/deploy/deployment.js';
import { docker } from '../support/deploy/run.js';
import { makeFolder } from '../support/folder.js';
import { type Answer, request } from '../support/http/http.js';
import { startSteadyLoad } from '../support/http/steady_load.js';

type Page = { data: unknown[]; next_cursor: string | null };

const REQUESTS_PER_SECOND = 200;
/** The longest interruption that a retrying client may see during an update. */
const MAX_GAP_MS = 1_000;
/** A busy machine may show a longer interruption, so the test is retried; nothing may be lost in any try. */
const TRIES = 3;
const AROUND_MS = 1_500;

describe('an update of the service', () => {
  let deployment: Deployment;
  before(async () => {
    deployment = await createDeployment('update');
    await deployment.compose('up', '--detach', '--build');
    await deployment.untilReady();
  });
  after(() => deployment.remove());

  async function storedImports(): Promise<number> {
    let count = 0;
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body }: Answer<Page> = await request(
        `${deployment.url}/imports?limit=1000${cursor && `&cursor=${cursor}`}`,
      );
      count += body.data.length;
      cursor = body.next_cursor;
    }
    return count;
  }

  it('is none while nothing has changed', async () => {
    const before = await deployment.container('web');
    assert.equal(await deployment.script('update-web'), 'unchanged');
    assert.equal(await deployment.container('web'), before);
  });

  it(`loses nothing that ${REQUESTS_PER_SECOND} requests a second ask, and is over within a second`, async (t) => {
    let stored = 0;
    const waits: number[] = [];
    while (waits.length < TRIES && Math.min(...waits) >= MAX_GAP_MS) {
      const former = await deployment.container('web');
      const load = startSteadyLoad(deployment.url, REQUESTS_PER_SECOND);
      await sleep(AROUND_MS);
      deployment.env['SVODKA_BODY_LIMIT'] = String(1024 ** 3 + waits.length);
      assert.equal(await deployment.script('update-web'), 'updated');
      await sleep(AROUND_MS);
      const report = await load.stop();
      t.diagnostic(
        `${report.sent} requests, ${report.lost} lost, ${report.retries} tried again, longest wait ${report.longestMs.toFixed(0)} ms`,
      );
      assert.notEqual(await deployment.container('web'), former);
      assert.equal(report.lost, 0);
      assert.equal(report.answered, report.sent);
      stored += report.stored;
      // One more would mean a request that was executed but not answered, and therefore executed twice.
      assert.equal(await storedImports(), stored);
      waits.push(report.longestMs);
    }
    assert.ok(Math.min(...waits) < MAX_GAP_MS, `${waits} ms`);
    const updated = await deployment.container('web');
    await deployment.compose('up', '--detach');
    assert.equal(await deployment.container('web'), updated, 'compose takes it for its own');
  });

  it('takes up what one that was cut off has left: a container without the port, and another beside', async () => {
    const former = await deployment.container('web');
    await docker('network', 'disconnect', `${deployment.project}_edge`, former);
    await deployment.compose('up', '--no-start', '--no-deps', '--no-recreate', '--scale', 'web=2', 'web');
    assert.equal(await deployment.script('update-web'), 'unchanged');
    await deployment.untilReady();
    assert.equal(await deployment.container('web'), former);
  });

  const badReleases: { what: string; command: string; withinS: number; message: RegExp }[] = [
    { what: 'ends', command: 'process.exit(1)', withinS: 60, message: /keeps restarting/ },
    { what: 'is never ready', command: 'setInterval(() => {}, 1000)', withinS: 5, message: /not ready within 5 s/ },
  ];
  for (const { what, command, withinS, message } of badReleases) {
    it(`to a release that ${what} leaves the former one as it was`, async () => {
      const former = await deployment.container('web');
      const good = deployment.env['SVODKA_TAG'] as string;
      const folder = makeFolder();
      const lines = [`FROM svodka-web:${good}`, `CMD ${JSON.stringify(['node', '-e', command])}`];
      writeFileSync(join(folder, 'Dockerfile'), lines.join('\n'));
      await docker('build', '--quiet', '--tag', `svodka-web:${good}-bad`, folder);
      Object.assign(deployment.env, { SVODKA_TAG: `${good}-bad`, SVODKA_READY_WITHIN_S: String(withinS) });
      const load = startSteadyLoad(deployment.url, REQUESTS_PER_SECOND);
      await assert.rejects(deployment.script('update-web'), message);
      const report = await load.stop();
      deployment.env['SVODKA_TAG'] = good;
      assert.equal(report.retries, 0);
      assert.equal(await deployment.container('web'), former);
    });
  }
});
