import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Citizen } from '../../../app/census/citizens/schema.js';
import { createRandom } from '../../../app/census/demo/citizens.js';
import { citizen, listCitizens, relativesFaults } from '../../support/census/citizens.js';
import { scriptedTarantool } from '../../support/db/inspect.js';
import { projectDir } from '../../support/folder.js';
import { postImport, sendJson } from '../../support/http/http.js';
import { IS_NIGHTLY } from '../../support/nightly.js';
import { type RunningService, startService } from '../../support/service.js';

const ROUNDS = IS_NIGHTLY ? 400 : 15;
const RACY_SCRIPT = join(projectDir, 'test', 'support', 'census', 'racy_patch.lua');

function patch(url: string, importId: number, citizenId: number, changes: Partial<Citizen>) {
  return sendJson<{ data: Citizen }>('PATCH', `${url}/imports/${importId}/citizens/${citizenId}`, changes);
}

/** Sends PATCHes of different fields to one citizen concurrently; returns the lost updates. */
async function lostFields(url: string): Promise<string[]> {
  const importId = await postImport(url, [citizen(1, { gender: 'male' }), citizen(2)]);
  const changes: Partial<Citizen>[] = [
    { town: 'Новый город' },
    { street: 'Новая улица' },
    { building: 'новый' },
    { apartment: 4242 },
    { name: 'Новое имя' },
    { birth_date: '01.02.1903' },
    { gender: 'female' },
    { relatives: [2] },
  ];
  const answers = await Promise.all(changes.map((change) => patch(url, importId, 1, change)));
  answers.forEach((answer, place) => {
    assert.equal(answer.status, 200);
    const [field, value] = Object.entries(changes[place] as object)[0] as [keyof Citizen, unknown];
    assert.deepEqual(answer.body.data[field], value, 'its own change is in each answer');
  });
  const [first] = await listCitizens(url, importId);
  const expected = Object.assign({}, ...changes) as Partial<Citizen>;
  return Object.keys(expected).filter(
    (field) => JSON.stringify(first?.[field as keyof Citizen]) !== JSON.stringify(expected[field as keyof Citizen]),
  );
}

/** All citizens are given relatives concurrently; returns the inconsistencies afterwards. */
async function faultsAfterRelativesRace(url: string, seed: number): Promise<string[]> {
  const random = createRandom(seed);
  const ids = [1, 2, 3, 4, 5, 6];
  const importId = await postImport(
    url,
    ids.map((id) => citizen(id)),
  );
  const answers = await Promise.all(
    Array.from({ length: 18 }, (_, place) => {
      const id = ids[place % ids.length] as number;
      return patch(url, importId, id, { relatives: ids.filter((other) => other !== id && random() < 0.5) });
    }),
  );
  assert.deepEqual(
    answers.filter(({ status }) => status !== 200),
    [],
  );
  return relativesFaults(await listCitizens(url, importId));
}

async function forRounds<Seen>(look: (round: number) => Promise<Seen[]>): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (let round = 1; round <= ROUNDS; round++) seen.push(...(await look(round)));
  return seen;
}

describe('PATCHes at the same time, with a procedure that reads and writes without a transaction', () => {
  let service: RunningService;
  before(async () => {
    service = await startService({ env: { ...scriptedTarantool(RACY_SCRIPT), SVODKA_WAL_MODE: 'write' } });
  });
  after(() => service.kill());

  it('lose fields of one another: the race that the next test looks for is there to be seen', async () => {
    assert.ok((await forRounds(() => lostFields(service.url))).length > 0);
  });

  it('leave relatives one-sided', async () => {
    assert.ok((await forRounds((seed) => faultsAfterRelativesRace(service.url, seed))).length > 0);
  });
});

describe('PATCHes at the same time, with the real procedure', () => {
  let service: RunningService;
  before(async () => {
    service = await startService({ env: { SVODKA_WAL_MODE: 'write' } });
  });
  after(async () => {
    assert.equal(await service.stop(), 0);
  });

  it('all hold where they touch different fields of one citizen', async () => {
    assert.deepEqual(await forRounds(() => lostFields(service.url)), []);
  });

  it('leave relatives two-sided, whatever the interleaving', async () => {
    assert.deepEqual(await forRounds((seed) => faultsAfterRelativesRace(service.url, seed)), []);
  });

  it('leave one of the values sent, whole, where they touch the same field', async () => {
    const importId = await postImport(service.url, [citizen(1)]);
    const names = Array.from({ length: 64 }, (_, place) => `Имя ${place} `.repeat(20));
    await Promise.all(names.map((name) => patch(service.url, importId, 1, { name })));
    const [first] = await listCitizens(service.url, importId);
    assert.ok(names.includes(first?.name ?? ''));
  });

  it('are each seen whole by those who read meanwhile', async () => {
    // More than two pages, so that PATCHes happen between the pages of a read.
    const everybody = Array.from({ length: 2500 }, (_, place) => citizen(place + 1));
    const importId = await postImport(service.url, everybody);
    const random = createRandom(7);
    let goesOn = true;
    const writers = Array.from({ length: 4 }, async () => {
      while (goesOn) {
        const [one, other] = [1 + Math.floor(random() * 1200), 1301 + Math.floor(random() * 1200)];
        const { status } = await patch(service.url, importId, one, { relatives: random() < 0.7 ? [other] : [] });
        assert.equal(status, 200);
      }
    });
    const faults: string[] = [];
    for (let read = 0; read < ROUNDS; read++) {
      const citizens = await listCitizens(service.url, importId);
      if (citizens.length !== everybody.length) faults.push(`${citizens.length} citizens`);
      faults.push(...relativesFaults(citizens));
    }
    goesOn = false;
    await Promise.all(writers);
    assert.deepEqual(faults, []);
  });
});
