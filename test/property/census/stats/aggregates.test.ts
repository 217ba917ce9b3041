import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { PROCEDURES } from '../../../../app/census/checks/procedures.js';
import type { Citizen } from '../../../../app/census/citizens/schema.js';
import { createRandom, makeCitizens } from '../../../../app/census/demo/citizens.js';
import type { Client } from '../../../../app/db/client.js';
import { modelBirthdays, modelPercentiles } from '../../../support/census/api_model.js';
import { listCitizens } from '../../../support/census/citizens.js';
import { awayFromMidnight } from '../../../support/census/today.js';
import { countFaults, inspectService, scriptedTarantool, untilSwept } from '../../../support/db/inspect.js';
import { postImport, request, sendJson } from '../../../support/http/http.js';
import { IS_NIGHTLY } from '../../../support/nightly.js';
import { type RunningService, startService } from '../../../support/service.js';

/** At night, as many as fit into a minute: as many changes as arrive in an hour. */
const CASES = IS_NIGHTLY ? 100_000 : 10;
const MAX_MS = 60_000;
/** Pause between recounts, which run during the changes; without it the two would keep waiting for each other. */
const PAUSE_MS = 20;
const CLIENTS = 8;

type Changes = Partial<Omit<Citizen, 'citizen_id'>>;

/** Random changes to a citizen of an import with the ids 1 to `count`. */
function randomChanges(random: () => number, citizenId: number, count: number, towns: number): Changes {
  const below = (limit: number) => Math.floor(random() * limit);
  const digits = (value: number) => String(value).padStart(2, '0');
  const ids = Array.from({ length: below(4) }, () => 1 + below(count)).filter((id) => id !== citizenId);
  return {
    name: `step ${below(1000)}`,
    ...(random() < 0.5 && { town: `Т${below(towns)}` }),
    ...(random() < 0.5 && { birth_date: `${digits(1 + below(28))}.${digits(1 + below(12))}.${1930 + below(90)}` }),
    ...(random() < 0.3 && { gender: random() < 0.5 ? ('male' as const) : ('female' as const) }),
    ...(random() < 0.5 && { relatives: [...new Set(ids)] }),
  };
}

describe('what the statistics are answered from', () => {
  let service: RunningService;
  let db: Client;
  const done = { imports: 0, changes: 0, deletions: 0, recounts: 0, answers: 0 };
  before(async () => {
    service = await startService({ env: scriptedTarantool() });
    db = await inspectService(service);
  });
  after(async () => {
    await db?.close();
    assert.equal(await service?.stop(), 0);
  });

  async function changeAtOnce(importId: number, count: number, towns: number, seed: number, changes: number) {
    const change = async (client: number) => {
      const random = createRandom(seed + client);
      for (let step = 0; step < changes / CLIENTS; step++) {
        const citizenId = 1 + Math.floor(random() * count);
        const url = `${service.url}/imports/${importId}/citizens/${citizenId}`;
        const { status } = await sendJson('PATCH', url, randomChanges(random, citizenId, count, towns));
        assert.equal(status, 200);
        done.changes++;
      }
    };
    // Recounts run one after the other during the changes.
    let isOver = false;
    const recount = async () => {
      while (!isOver) {
        await assertCounts(importId);
        await sleep(PAUSE_MS);
      }
    };
    const recounting = recount();
    await Promise.all(Array.from({ length: CLIENTS }, (_, client) => change(client))).finally(() => {
      isOver = true;
    });
    await recounting;
  }

  async function assertCounts(importId: number): Promise<void> {
    const [, count, differences] = await db.call(PROCEDURES.recount, [importId]);
    assert.deepEqual({ count, differences }, { count: 0, differences: [] });
    done.recounts++;
  }

  async function assertAnswers(importId: number): Promise<void> {
    await awayFromMidnight();
    const citizens = await listCitizens(service.url, importId);
    done.answers++;
    const ask = async (path: string) =>
      (await request<{ data: unknown }>(`${service.url}/imports/${importId}/${path}`)).body;
    assert.deepEqual(await ask('citizens/birthdays'), { data: modelBirthdays(citizens) });
    assert.deepEqual(await ask('towns/stat/percentile/age'), { data: modelPercentiles(citizens) });
  }

  it('is the same as counted anew from the citizens, after any imports, many changes at once and deletions', async (t) => {
    const anyCase = fc.record({
      count: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 500, max: 3000 })),
      towns: fc.constantFrom(1, 3, 40),
      seed: fc.nat(),
      changes: fc.constantFrom(16, 160, IS_NIGHTLY ? 640 : 160),
      isDeleted: fc.boolean(),
    });
    const endsAt = performance.now() + MAX_MS;
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ count, towns, seed, changes, isDeleted }) => {
        if (performance.now() > endsAt) return;
        const citizens = makeCitizens(count, count > 1 ? count : 0, seed).map((one) => ({
          ...one,
          town: `Т${one.apartment % towns}`,
        }));
        const importId = await postImport(service.url, citizens);
        done.imports++;
        await assertAnswers(importId);
        await changeAtOnce(importId, count, towns, seed, changes);
        await assertCounts(importId);
        await assertAnswers(importId);
        if (!isDeleted) return;
        const { status } = await request(`${service.url}/imports/${importId}`, { method: 'DELETE' });
        assert.equal(status, 204);
        done.deletions++;
      }),
      { numRuns: CASES },
    );
    assert.deepEqual(await countFaults(db), []);
    await untilSwept(db);
    t.diagnostic(JSON.stringify(done));
  });
});
