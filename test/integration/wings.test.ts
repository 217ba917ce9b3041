import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { PROCEDURES as IMPORTS } from '../../app/census/imports/procedures.js';
import { type Client, createClient } from '../../app/db/client.js';
import { PROCEDURES as HEALTH } from '../../app/health/procedures.js';
import { JOB_PROCEDURES } from '../../app/work/jobs/procedures.js';
import { citizen, listCitizens } from '../support/census/citizens.js';
import { runCommand, SVODKA } from '../support/command_line.js';
import { settingsFor } from '../support/db/external.js';
import { type RunningTarantool, startTarantool } from '../support/db/tarantool.js';
import { makeFolder } from '../support/folder.js';
import { postImport, request } from '../support/http/http.js';
import { readMetrics } from '../support/metrics.js';
import { startService } from '../support/service.js';
import { createSpaCtl } from '../support/spa_ctl.js';

type OpenApi = { paths: Record<string, unknown> };
type Readiness = { ready: boolean; checks: { name: string; ok: boolean; detail: string }[] };

async function pathsOf(url: string): Promise<string[]> {
  return Object.keys((await request<OpenApi>(`${url}/openapi.json`)).body.paths);
}

describe('SVODKA_WINGS', () => {
  it('without census: there is nothing of imports, all else is there, and the data come back with the wing', async () => {
    const dataDir = makeFolder();
    const all = await startService({ dataDir });
    const importId = await postImport(all.url, [citizen(1)]);
    assert.equal(await all.stop(), 0);

    const work = await startService({ dataDir, env: { SVODKA_WINGS: 'work' } });
    assert.equal((await request(`${work.url}/imports/${importId}`)).status, 404);
    assert.equal((await request(`${work.url}/imports`, { method: 'POST' })).status, 404);
    assert.deepEqual(
      (await pathsOf(work.url)).filter((path) => path.startsWith('/imports')),
      [],
    );
    assert.equal((await request(`${work.url}/health/ready`)).status, 200);
    const metrics = await readMetrics(work.url);
    assert.equal(metrics.value('svodka_imports'), undefined);
    assert.equal(metrics.value('svodka_kept_answers'), undefined);
    assert.equal(metrics.value('svodka_tarantool_up'), 1);
    assert.equal(await work.stop(), 0);

    const again = await startService({ dataDir, env: { SVODKA_WINGS: 'census' } });
    assert.equal((await listCitizens(again.url, importId)).length, 1);
    assert.equal((await readMetrics(again.url)).value('svodka_imports', { state: 'published' }), 1);
    assert.equal(await again.stop(), 0);
  });

  it('without work: the programs of operators and users say so', async () => {
    const service = await startService({ env: { SVODKA_WINGS: 'census' } });
    const env = { SVODKA_URL: service.url, SVODKA_DATA_DIR: service.dataDir };
    const off = (method: string) =>
      `Refused: The service has no ${method}: its wing "work" is off (SVODKA_WINGS), or it is older than this program.\n`;
    const listed = await createSpaCtl(() => env).run(['list']);
    assert.deepEqual([listed.code, listed.stdout, listed.stderr], [1, '', off('workflow.list')]);
    const tasks = await runCommand(SVODKA, ['task', 'list'], { env });
    assert.deepEqual([tasks.code, tasks.stdout, tasks.stderr], [1, '', off('engine.list')]);
    for (const args of [
      ['file', 'ls'],
      ['file', 'rm', 'a'],
      ['alarms', '--watch'],
    ]) {
      const { code, stderr } = await createSpaCtl(() => env).run(args);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^Refused: .* The wing of the service that has it may be off \(SVODKA_WINGS\)\. \(NOT_FOUND\)\n$/,
      );
    }
    assert.equal(await service.stop(), 0);
  });

  describe('of a Tarantool that has census alone', () => {
    let tarantool: RunningTarantool;
    let db: Client;
    before(async () => {
      tarantool = await startTarantool({ env: { SVODKA_WINGS: 'census' } });
      db = createClient(tarantool);
      await db.whenReady(10_000);
    });
    after(async () => {
      await db.close();
      await tarantool.end('SIGKILL');
    });

    it('leaves it the procedures of census and the common ones', async () => {
      assert.deepEqual((await db.call(IMPORTS.listImports, [null, 10]))[1], []);
      assert.ok((await db.call(HEALTH.serviceInfo, []))[0].has('schema'));
      await assert.rejects(
        db.call(JOB_PROCEDURES.jobTotals, []),
        (reason: Error) => 'code' in reason && reason.code === 'INTERNAL' && /jobs\.totals/.test(String(reason.cause)),
      );
    });

    it('is missed by a service that has more wings: that is not ready, and says why', async () => {
      const service = await startService({ env: settingsFor(tarantool) });
      const { status, body } = await request<Readiness>(`${service.url}/health/ready`);
      assert.equal(status, 503);
      const failed = body.checks.filter(({ ok }) => !ok);
      assert.deepEqual(failed, [{ name: 'wings', ok: false, detail: 'the database does not have: work, traffic' }]);
      assert.equal(await service.stop(), 0);
    });

    it('is enough for a service that has the same', async () => {
      const service = await startService({ env: { ...settingsFor(tarantool), SVODKA_WINGS: 'census' } });
      assert.equal((await request(`${service.url}/health/ready`)).status, 200);
      assert.equal(await service.stop(), 0);
    });
  });
});
