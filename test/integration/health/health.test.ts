import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { citizen, listCitizens } from '../../support/census/citizens.js';
import { type ExternalPair, startPair } from '../../support/db/external.js';
import { startTarantool } from '../../support/db/tarantool.js';
import { type Problem, postImport, request, sendJson } from '../../support/http/http.js';
import { until } from '../../support/until.js';

type Readiness = { ready: boolean; checks: { name: string; ok: boolean; detail: string }[] };

describe('health', () => {
  let pair: ExternalPair;
  before(async () => {
    pair = await startPair();
  });
  after(() => pair.stop());
  const ready = () => request<Readiness>(`${pair.service.url}/health/ready`);
  const readyWith = (status: number) =>
    until(`readiness answers ${status}`, async () => {
      const answer = await ready();
      return answer.status === status && answer;
    });
  const live = () => request(`${pair.service.url}/health/live`);

  it('is alive and ready while Tarantool is there', async () => {
    assert.deepEqual((await live()).body, { alive: true });
    const { status, body, headers } = await ready();
    assert.equal(status, 200);
    assert.equal(body.ready, true);
    assert.deepEqual(
      body.checks.map(({ name, ok }) => [name, ok]),
      [
        ['database', true],
        ['schema', true],
      ],
    );
    assert.equal(headers.get('Cache-Control'), 'no-store');
  });

  it('is alive but not ready while Tarantool is away, answers 503 meanwhile, and recovers with all data', async () => {
    const { url } = pair.service;
    const importId = await postImport(url, [citizen(1)]);
    await pair.tarantool.end('SIGKILL');
    const { status, body } = await readyWith(503);
    assert.equal(status, 503);
    assert.equal(body.ready, false);
    assert.ok(body.checks.every(({ ok }) => !ok));
    assert.equal((await live()).status, 200);

    for (const answer of [
      await sendJson<Problem>('POST', `${url}/imports`, { citizens: [citizen(1)] }),
      await sendJson<Problem>('PATCH', `${url}/imports/${importId}/citizens/1`, { town: 'Т' }),
      await request<Problem>(`${url}/imports/${importId}/citizens`),
      await request<Problem>(`${url}/imports/${importId}/citizens/birthdays`),
      await request<Problem>(`${url}/imports/${importId}/towns/stat/percentile/age`),
    ]) {
      assert.equal(answer.status, 503);
      assert.equal(answer.headers.get('Content-Type'), 'application/problem+json');
      assert.ok(Number(answer.headers.get('Retry-After')) > 0);
      assert.equal(answer.body.code, 'DATABASE_AWAY');
      assert.doesNotMatch(answer.text, /sock|ENOENT|ECONN|tarantool/i);
    }
    // Validating an import does not need the database.
    assert.equal((await sendJson('POST', `${url}/imports`, {})).status, 400);

    pair.tarantool = await startTarantool({ dataDir: pair.tarantool.dataDir });
    await readyWith(200);
    assert.deepEqual(await listCitizens(url, importId), [citizen(1)]);
  });

  it('is not ready while Tarantool is there but says nothing', async () => {
    pair.tarantool.child.kill('SIGSTOP');
    try {
      assert.equal((await ready()).status, 503);
      assert.equal((await live()).status, 200);
    } finally {
      pair.tarantool.child.kill('SIGCONT');
    }
    await readyWith(200);
  });
});
