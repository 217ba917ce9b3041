import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, makeCitizens } from '../../../app/census/demo/citizens.js';
import type { Client } from '../../../app/db/client.js';
import { beginLines, checkUnseen, type ImportAnswer, sendLines, toNdjson } from '../../support/census/begun_import.js';
import { citizen, listCitizens } from '../../support/census/citizens.js';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { type ExternalPair, startPair } from '../../support/db/external.js';
import { INSPECT, INSPECT_SCRIPT, inspectService, scriptedTarantool, untilSwept } from '../../support/db/inspect.js';
import { startTarantool } from '../../support/db/tarantool.js';
import { postImport, request } from '../../support/http/http.js';
import { IS_NIGHTLY } from '../../support/nightly.js';
import { untilGone } from '../../support/processes.js';
import { type RunningService, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const KILLS = IS_NIGHTLY ? 60 : 10;
const CITIZENS = makeCitizens(8000, 300);
const BODY = toNdjson(CITIZENS);
/** An import takes 30 to 60 ms from its last byte to its publication. */
const MAX_DELAY_MS = 80;
/** As in app/census/imports/intake/row_packer.ts. */
const MAX_CHUNK_CITIZENS = 3_000;

function importIdOf(answer: ImportAnswer | undefined): number {
  return JSON.parse(answer?.text ?? '{}').data?.import_id;
}

async function isReady(url: string): Promise<boolean> {
  return (await request(`${url}/health/ready`).catch(() => undefined))?.status === 200;
}

/** The published imports, once unpublished ones have been removed. */
async function publishedIds(service: RunningService): Promise<number[]> {
  const db = await inspectService(service);
  try {
    await untilSwept(db);
    const [importIds] = await db.call(INSPECT.importIds, []);
    return importIds;
  } finally {
    await db.close();
  }
}

/** The two processes whose death can cut a stream. `end` resolves once the service can be used again. */
type Kill = { what: string; end(service: RunningService): Promise<RunningService> };

const kills: Kill[] = [
  {
    what: 'Tarantool',
    async end(service) {
      const pid = service.tarantoolPid();
      process.kill(pid, 'SIGKILL');
      await until('Tarantool is back', () => service.tarantoolPid() !== pid);
      await until('the service is ready', () => isReady(service.url));
      return service;
    },
  },
  {
    what: 'the service',
    async end(service) {
      const pid = service.tarantoolPid();
      await service.kill();
      await untilGone(pid);
      return startService({ env: scriptedTarantool(), dataDir: service.dataDir });
    },
  },
];

for (const { what, end } of kills) {
  describe(`streamed imports while ${what} is killed with SIGKILL`, () => {
    let service: RunningService;
    const stored: number[] = [];
    before(async () => {
      service = await startService({ env: scriptedTarantool() });
    });
    after(() => service?.kill());

    /** Sends it twice more, like a client that got no answer; returns the outcome of the second attempt. */
    async function repeat(key: string): Promise<{ importId: number; wasStored: boolean }> {
      const second = await sendLines(service.url, BODY, key);
      assert.equal(second.status, 201, second.text);
      const importId = importIdOf(second);
      const third = await sendLines(service.url, BODY, key);
      assert.equal(third.headers['idempotency-replayed'], 'true');
      assert.equal(importIdOf(third), importId);
      return { importId, wasStored: second.headers['idempotency-replayed'] === 'true' };
    }

    it('midway, leave no trace, and sent again with their key are stored once', async () => {
      for (let kill = 1; kill <= KILLS; kill++) {
        const key = `midway ${kill}`;
        const begun = await beginLines(service.url, BODY, key);
        service = await end(service);
        begun.finish();
        const answer = await begun.answer;
        if (answer !== undefined) {
          assert.equal(answer.status, 503, answer.text);
          assert.match(answer.text, /"DATABASE_AWAY".*Nothing was stored|Nothing was stored.*"DATABASE_AWAY"/);
        } else {
          assert.equal(what, 'the service', 'only a service that is gone owes no answer');
        }
        await checkUnseen(service.url, begun.importId);
        assert.deepEqual(await publishedIds(service), stored);
        const { importId, wasStored } = await repeat(key);
        assert.equal(wasStored, false);
        stored.push(importId);
        assert.deepEqual(await publishedIds(service), stored);
        assert.deepEqual(await listCitizens(service.url, importId), CITIZENS);
      }
    });

    it('about their publication, are stored once or not, and sent again with their key once', async (t) => {
      const random = createRandom(KILLS);
      const seen = { answered: 0, stored: 0, lost: 0 };
      for (let kill = 1; kill <= KILLS; kill++) {
        const key = `publication ${kill}`;
        const begun = await beginLines(service.url, BODY, key);
        begun.finish();
        await sleep(random() * MAX_DELAY_MS);
        service = await end(service);
        const answer = await begun.answer;
        assert.ok(answer === undefined || [201, 503].includes(answer.status), answer?.text);
        const { importId, wasStored } = await repeat(key);
        if (answer?.status === 201) {
          assert.equal(importId, begun.importId);
          assert.ok(wasStored);
        }
        if (wasStored) assert.equal(importId, begun.importId);
        else await checkUnseen(service.url, begun.importId);
        seen[answer?.status === 201 ? 'answered' : wasStored ? 'stored' : 'lost']++;
        stored.push(importId);
        assert.deepEqual(
          (await publishedIds(service)).sort((a, b) => a - b),
          stored,
        );
        assert.deepEqual(await listCitizens(service.url, importId), CITIZENS);
      }
      t.diagnostic(`answered ${seen.answered}, stored without an answer ${seen.stored}, not stored ${seen.lost}`);
    });
  });
}

describe('a streamed import whose publication is stored and not answered', () => {
  it('is said to have an unknown outcome; sent again with its key it is there once', async () => {
    let service = await startService({ env: scriptedTarantool() });
    const db = await inspectService(service);
    // Blank lines after the last citizen: all chunks but the last are staged while the body is still being received.
    const body = Buffer.concat([BODY, Buffer.alloc(2 * 1024 * 1024, '\n')]);
    const begun = await beginLines(service.url, body, 'unanswered');
    const progress = async () =>
      (await request<{ data: { state: string; citizens: number } }>(`${service.url}/imports/${begun.importId}`)).body
        .data;
    await until(
      'the last chunk is due',
      async () => (await progress()).citizens >= CITIZENS.length - MAX_CHUNK_CITIZENS,
    );
    await db.call(INSPECT.delayPublication, [5]);
    begun.finish();
    await until('it is published', async () => (await progress()).state === 'published');
    service = await (kills[0] as Kill).end(service);
    const answer = await begun.answer;
    assert.equal(answer?.status, 503);
    assert.match(answer?.text ?? '', /"OUTCOME_UNKNOWN"/);
    const again = await sendLines(service.url, body, 'unanswered');
    assert.equal(again.headers['idempotency-replayed'], 'true');
    assert.deepEqual(await publishedIds(service), [begun.importId]);
    assert.deepEqual(await listCitizens(service.url, begun.importId), CITIZENS);
    await db.close();
    assert.equal(await service.stop(), 0);
  });
});

describe('a streamed import', () => {
  let service: RunningService;
  let db: Client;
  before(async () => {
    service = await startService({ env: { ...scriptedTarantool(), SVODKA_MEMTX_MEMORY: String(64 * 1024 * 1024) } });
    db = await inspectService(service);
  });
  after(async () => {
    await db?.close();
    assert.equal(await service?.stop(), 0);
  });

  it('whose client goes away midway leaves nothing, and its key is free', async () => {
    const begun = await beginLines(service.url, BODY, 'gone');
    begun.cut();
    assert.equal(await begun.answer, undefined);
    await untilSwept(db);
    await checkUnseen(service.url, begun.importId);
    const again = await sendLines(service.url, BODY, 'gone');
    assert.equal(again.status, 201);
    assert.equal(again.headers['idempotency-replayed'], undefined);
  });

  it('keeps its key to itself while it is sent, and what it stored afterwards', async () => {
    const begun = await beginLines(service.url, BODY, 'shared');
    const second = await sendLines(service.url, BODY, 'shared');
    assert.equal(second.status, 409);
    begun.finish();
    const answer = await begun.answer;
    assert.equal(answer?.status, 201);
    const replay = await sendLines(service.url, BODY, 'shared');
    assert.equal(replay.status, 201);
    assert.equal(replay.headers['idempotency-replayed'], 'true');
    assert.equal(importIdOf(replay), begun.importId);
    const other = await sendLines(service.url, toNdjson([citizen(1)]), 'shared');
    assert.equal(other.status, 422);
    const longer = await sendLines(service.url, Buffer.concat([BODY, toNdjson([citizen(8001)])]), 'shared');
    assert.equal(longer.status, 422);
    assert.deepEqual(await listCitizens(service.url, begun.importId), CITIZENS);
  });

  it('sent twice at the same moment under one key is stored once', async () => {
    const answers = await Promise.all([1, 2].map(() => sendLines(service.url, BODY, 'twins')));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 409]);
    const replay = await sendLines(service.url, BODY, 'twins');
    assert.equal(importIdOf(replay), importIdOf(answers.find(({ status }) => status === 201)));
  });

  it('that finds the memory full midway is answered 507 and swept; others go on meanwhile and afterwards', async () => {
    const text = 'я'.repeat(256);
    const large = CITIZENS.concat(
      Array.from({ length: 40_000 }, (_, place) =>
        citizen(10_000 + place, { town: text, street: text, building: text }),
      ),
    );
    const begun = await beginLines(service.url, toNdjson(large), 'large');
    begun.finish();
    const [answer] = await Promise.all([
      begun.answer,
      until('the memory is full', async () => (await sendLines(service.url, toNdjson([citizen(1)]))).status === 201),
    ]);
    assert.equal(answer?.status, 507, answer?.text);
    await untilSwept(db);
    await checkUnseen(service.url, begun.importId);
    let small = await sendLines(service.url, BODY, 'large');
    // Memory freed by the sweeper fits rows of other lengths only a little later.
    await until('there is room again, and the key of what was not stored is free', async () => {
      if (small.status === 507) small = await sendLines(service.url, BODY, 'large');
      return small.status === 201;
    });
    assert.deepEqual(await listCitizens(service.url, importIdOf(small)), CITIZENS);
    assert.doesNotMatch(service.output(), /"level":50/);
  });
});

describe('a streamed import whose database goes away for long', () => {
  let pair: ExternalPair;
  before(async () => {
    pair = await startPair({ script: INSPECT_SCRIPT });
  });
  after(async () => {
    await closeClients();
    await pair?.stop();
  });

  it('is answered 503 while it is away; once it is back nothing of it is there', async () => {
    const { service } = pair;
    const kept = await postImport(service.url, CITIZENS);
    const begun = await beginLines(service.url, BODY, 'away');
    await pair.tarantool.end('SIGKILL');
    begun.finish();
    const answer = await begun.answer;
    assert.equal(answer?.status, 503);
    assert.equal(answer?.headers['retry-after'], '1');
    pair.tarantool = await startTarantool({ script: INSPECT_SCRIPT, dataDir: pair.tarantool.dataDir });
    await until('the service is ready', () => isReady(service.url));
    const db = await connectClient({ address: pair.tarantool.address });
    await untilSwept(db);
    await checkUnseen(service.url, begun.importId);
    assert.deepEqual(await db.call(INSPECT.importIds, []), [[kept]]);
    assert.equal((await sendLines(service.url, BODY, 'away')).status, 201);
  });
});

describe('streamed imports of a service that is told to stop', () => {
  it('are stored when their clients go on in time, and leave nothing when they do not', async () => {
    const env = scriptedTarantool();
    const first = await startService({ env });
    const finished = await beginLines(first.url, BODY, 'finished');
    const idle = await beginLines(first.url, BODY, 'idle');
    first.child.kill('SIGTERM');
    await first.said(/"msg":"stopping"/);
    finished.finish();
    const answer = await finished.answer;
    assert.equal(answer?.status, 201, answer?.text);
    // It gets the 15 s of grace that every request has.
    const cut = await idle.answer;
    assert.ok(cut === undefined || cut.status >= 400);
    assert.equal(await first.exited, 0);

    const second = await startService({ env, dataDir: first.dataDir });
    assert.deepEqual(await publishedIds(second), [finished.importId]);
    assert.deepEqual(await listCitizens(second.url, finished.importId), CITIZENS);
    await checkUnseen(second.url, idle.importId);
    const again = await sendLines(second.url, BODY, 'idle');
    assert.equal(again.headers['idempotency-replayed'], undefined);
    assert.equal(again.status, 201);
    assert.equal(await second.stop(), 0);
  });
});
