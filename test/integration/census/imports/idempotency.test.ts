import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import type { Client } from '../../../../app/db/client.js';
import { citizen } from '../../../support/census/citizens.js';
import { INSPECT, inspectService, scriptedTarantool, untilSwept } from '../../../support/db/inspect.js';
import { ENCODERS, type Format, type Imported, openPost, post, WRITERS } from '../../../support/http/bodies.js';
import type { Answer, Problem } from '../../../support/http/http.js';
import { type RunningService, startService } from '../../../support/service.js';
import { until } from '../../../support/until.js';

const SMALL = makeCitizens(3, 1);
/** Large enough to be staged in chunks. */
const LARGE = makeCitizens(2500, 100);
/** A part of the body large enough to be staged before the rest arrives. */
const BEGINNING = WRITERS.ndjson(makeCitizens(6000, 0));

describe('an import with an Idempotency-Key', () => {
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

  function send<Body = Imported>(key: string, body: string, format: Format = 'ndjson', headers = {}) {
    return post<Body>(`${service.url}/imports`, format, body, { 'Idempotency-Key': key, ...headers });
  }

  async function importCount(): Promise<number> {
    const [ids] = await db.call(INSPECT.importIds, []);
    return ids.length;
  }

  function assertReplayed(answer: Answer<Imported>, stored: Answer<Imported>): void {
    assert.equal(answer.status, 201, answer.text);
    assert.deepEqual(answer.body, stored.body);
    assert.equal(answer.headers.get('Location'), stored.headers.get('Location'));
    assert.equal(answer.headers.get('Idempotency-Replayed'), 'true');
    assert.equal(stored.headers.get('Idempotency-Replayed'), null);
  }

  async function assertFree(key: string): Promise<void> {
    const answer = await until(`the key ${key} is free`, async () => {
      const tried = await send(key, WRITERS.ndjson(SMALL));
      return tried.status !== 409 && tried;
    });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.headers.get('Idempotency-Replayed'), null);
  }

  for (const [size, citizens] of [
    ['small', SMALL],
    ['large', LARGE],
  ] as const) {
    it(`is stored once, however often it comes: ${size}`, async () => {
      const before = await importCount();
      const stored = await send(`"often ${size}"`, WRITERS.ndjson(citizens));
      assert.equal(stored.status, 201, stored.text);
      for (let time = 0; time < 3; time++) {
        assertReplayed(await send(`"often ${size}"`, WRITERS.ndjson(citizens)), stored);
      }
      assert.equal(await importCount(), before + 1);
    });

    it(`is refused with 422 when the same key brings something else: ${size}`, async () => {
      const key = `"else ${size}"`;
      const stored = await send(key, WRITERS.ndjson(citizens));
      const before = await importCount();
      const others: [body: string, format: Format][] = [
        [`${WRITERS.ndjson(citizens)} `, 'ndjson'],
        [WRITERS.json(citizens), 'json'],
        [WRITERS.csv(citizens), 'csv'],
        ['not even JSON', 'json'],
      ];
      for (const [body, format] of others) {
        const answer = await send<Problem>(key, body, format);
        assert.equal(answer.status, 422, answer.text);
        assert.equal(answer.body.code, 'IDEMPOTENCY_KEY_REUSED');
      }
      assert.equal(await importCount(), before);
      assertReplayed(await send(key, WRITERS.ndjson(citizens)), stored);
    });
  }

  it('is the same with and without quotes, and in another encoding', async () => {
    const body = WRITERS.ndjson(SMALL);
    const stored = await send('quotes-1', body);
    assertReplayed(await send('"quotes-1"', body), stored);
    const gzipped = await post<Imported>(
      `${service.url}/imports`,
      'ndjson',
      new Uint8Array(ENCODERS.gzip(Buffer.from(body))),
      { 'Idempotency-Key': 'quotes-1', 'Content-Encoding': 'gzip' },
    );
    assertReplayed(gzipped, stored);
  });

  it('is refused with 400 when the key is none, and is not stored', async () => {
    const before = await importCount();
    for (const key of ['', '""', '"a", "b"', 'a b', `"${'x'.repeat(256)}"`]) {
      const answer = await send<Problem>(key, WRITERS.ndjson(SMALL));
      assert.equal(answer.status, 400, key);
      assert.equal(answer.body.code, 'INVALID_IDEMPOTENCY_KEY');
    }
    assert.equal(await importCount(), before);
  });

  it('is refused with 409 while another request with the key is running, whatever that one brings', async () => {
    const running = openPost(service.port, { 'Idempotency-Key': '"running"' });
    const rest = WRITERS.ndjson([citizen(6001)]);
    running.part(BEGINNING);
    await until('it is staged', async () => (await db.call(INSPECT.leftovers, []))[0] === 1);
    for (const body of [BEGINNING + rest, WRITERS.ndjson(SMALL), '']) {
      const answer = await send<Problem>('"running"', body);
      assert.equal(answer.status, 409, answer.text);
      assert.equal(answer.body.code, 'IDEMPOTENCY_KEY_IN_USE');
    }
    running.part(rest);
    running.end();
    const stored = await running.answer();
    running.socket.destroy();
    assert.equal(stored.status, 201, stored.body);
    const replayed = await send('"running"', BEGINNING + rest);
    assert.equal(replayed.headers.get('Idempotency-Replayed'), 'true');
    assert.deepEqual(replayed.body, JSON.parse(stored.body));
  });

  it('is stored once when many send it at the same time: the others are told to wait, or its id', async () => {
    const before = await importCount();
    const body = WRITERS.ndjson(LARGE);
    const answers = await Promise.all(Array.from({ length: 12 }, () => send('"at once"', body)));
    const stored = answers.filter(({ status }) => status === 201);
    assert.ok(stored.length >= 1);
    assert.equal(stored.filter(({ headers }) => headers.get('Idempotency-Replayed') === null).length, 1);
    assert.equal(new Set(stored.map(({ text }) => text)).size, 1);
    for (const { status } of answers) assert.ok(status === 201 || status === 409, String(status));
    assert.equal(await importCount(), before + 1);
  });

  it('leaves its key free when it was refused', async () => {
    const faulty: [key: string, body: string][] = [
      ['"refused small"', WRITERS.ndjson([...SMALL, citizen(1)])],
      ['"refused large"', WRITERS.ndjson([...LARGE, citizen(1)])],
      ['"refused at once"', 'nothing'],
    ];
    for (const [key, body] of faulty) {
      assert.equal((await send(key, body)).status, 400);
      await assertFree(key);
    }
    await untilSwept(db);
  });

  it('leaves its key free when it was cut off midway', async () => {
    const cut = openPost(service.port, { 'Idempotency-Key': '"cut off"' });
    cut.part(BEGINNING);
    await until('it is staged', async () => (await db.call(INSPECT.leftovers, []))[0] === 1);
    cut.socket.destroy();
    await assertFree('"cut off"');
    await untilSwept(db);
  });

  it('is replayed to who was cut off when all had been sent: its answer was lost, nothing else', async () => {
    const before = await importCount();
    const lost = openPost(service.port, { 'Idempotency-Key': '"lost"' });
    lost.part(BEGINNING);
    lost.end();
    await until('it is stored', async () => (await importCount()) > before);
    lost.socket.destroy();
    const answer = await until('the key is not in use', async () => {
      const tried = await send('"lost"', BEGINNING);
      return tried.status !== 409 && tried;
    });
    assert.equal(answer.headers.get('Idempotency-Replayed'), 'true');
    assert.equal(await importCount(), before + 1);
  });

  it('is replayed after a new start of the service and its database', async () => {
    const stored = await send('"restart"', WRITERS.ndjson(LARGE));
    const before = await importCount();
    await db.close();
    assert.equal(await service.stop(), 0);
    service = await startService({ env: scriptedTarantool(), dataDir: service.dataDir });
    db = await inspectService(service);
    assertReplayed(await send('"restart"', WRITERS.ndjson(LARGE)), stored);
    assert.equal((await send('"restart"', WRITERS.ndjson(SMALL))).status, 422);
    assert.equal(await importCount(), before);
  });
});
