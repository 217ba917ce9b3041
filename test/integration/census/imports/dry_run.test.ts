import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import type { Client } from '../../../../app/db/client.js';
import { citizen } from '../../../support/census/citizens.js';
import { INSPECT, inspectService, scriptedTarantool } from '../../../support/db/inspect.js';
import { CONTENT_TYPES, type Format, type Imported, post, WRITERS } from '../../../support/http/bodies.js';
import type { Problem } from '../../../support/http/http.js';
import { type RunningService, startService } from '../../../support/service.js';

type Checked = { data: { citizens: number; bytes: number } };

/** Three chunks, so that a real import would be staged. */
const LARGE = makeCitizens(2500, 100);
const SMALL = makeCitizens(3, 1);

describe('a dry run of an import', () => {
  let service: RunningService;
  let db: Client;
  before(async () => {
    service = await startService({ env: scriptedTarantool() });
    db = await inspectService(service);
  });
  after(async () => {
    await db.close();
    assert.equal(await service.stop(), 0);
  });

  async function assertNothingStored(): Promise<void> {
    assert.deepEqual(await db.call(INSPECT.leftovers, []), [0, 0, 0]);
    assert.deepEqual(await db.call(INSPECT.importIds, []), [[]]);
  }

  const waysToAsk: [way: string, query: string, headers: Record<string, string>][] = [
    ['?dry_run=true', '?dry_run=true', {}],
    ['Prefer: tx=rollback', '', { Prefer: 'tx=rollback' }],
    ['Prefer with more in it', '', { Prefer: 'respond-async, TX="rollback"' }],
    ['both, and a key', '?dry_run=true', { Prefer: 'tx=rollback, early-hints', 'Idempotency-Key': '"dry"' }],
    ['the preference, which the query does not forbid', '?dry_run=false', { Prefer: 'tx=rollback' }],
  ];
  for (const [way, query, headers] of waysToAsk) {
    for (const format of Object.keys(CONTENT_TYPES) as Format[]) {
      it(`answers 200 and stores nothing when all is well: ${format}, ${way}`, async () => {
        for (const citizens of [SMALL, LARGE]) {
          const body = WRITERS[format](citizens);
          const answer = await post<Checked>(`${service.url}/imports${query}`, format, body, headers);
          assert.equal(answer.status, 200, answer.text);
          assert.deepEqual(answer.body, { data: { citizens: citizens.length, bytes: Buffer.byteLength(body) } });
          assert.equal(answer.headers.get('Location'), null);
          const applied = headers['Prefer'] === undefined ? null : 'tx=rollback';
          assert.equal(answer.headers.get('Preference-Applied'), applied);
        }
        await assertNothingStored();
      });
    }

    it(`answers what is wrong as the import would: ${way}`, async () => {
      for (const citizens of [SMALL, LARGE]) {
        const body = WRITERS.ndjson([...citizens, citizen(1)]);
        const answer = await post<Problem>(`${service.url}/imports${query}`, 'ndjson', body, headers);
        assert.equal(answer.status, 400);
        assert.equal(answer.body.code, 'INVALID_INPUT');
        assert.equal(answer.body.errors?.[0]?.code, 'DUPLICATE_CITIZEN_ID');
        assert.equal(answer.body.errors[0].line, citizens.length + 1);
      }
      await assertNothingStored();
    });
  }

  it('can have every violation as a line', async () => {
    const body = WRITERS.csv(LARGE.map((one) => ({ ...one, gender: 'x' })));
    const answer = await post(`${service.url}/imports?dry_run=true`, 'csv', body, { Accept: 'application/x-ndjson' });
    assert.equal(answer.status, 400);
    assert.equal(answer.text.trimEnd().split('\n').length, LARGE.length);
    await assertNothingStored();
  });

  it('is refused when it is asked for in words that are none, so that nobody imports by mistake', async () => {
    for (const query of ['?dry_run=yes', '?dry_run=', '?dry_run', '?dry_run=TRUE', '?dry_run=true&dry_run=false']) {
      const answer = await post<Problem>(`${service.url}/imports${query}`, 'json', WRITERS.json(SMALL));
      assert.equal(answer.status, 400, query);
      assert.equal(answer.body.code, 'INVALID_INPUT');
      assert.deepEqual(
        answer.body.errors?.map(({ pointer, code }) => ({ pointer, code })),
        [{ pointer: '/query/dry_run', code: 'NOT_ALLOWED' }],
      );
    }
    await assertNothingStored();
  });

  it('takes no key: the import itself may have it afterwards', async () => {
    const headers = { 'Idempotency-Key': '"dry"' };
    const answer = await post<Imported>(`${service.url}/imports?dry_run=false`, 'json', WRITERS.json(SMALL), headers);
    assert.equal(answer.status, 201);
    assert.equal(answer.headers.get('Idempotency-Replayed'), null);
    assert.deepEqual(await db.call(INSPECT.importIds, []), [[answer.body.data.import_id]]);
  });
});
