import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Citizen } from '../../../../app/census/citizens/schema.js';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { postImport, request, sendJson } from '../../../support/http/http.js';
import { type RunningService, startService } from '../../../support/service.js';

/** Ids of nine bytes in MessagePack: 120,000 of them exceed the 1 MB that a tuple may have by default. */
const FIRST_ID = 2 ** 33;
const RELATIVES = 120_000;

/** One citizen who is related to all others. */
function makeHub(): Citizen[] {
  const [hub, ...others] = makeCitizens(1 + RELATIVES, 0).map((citizen, place) => ({
    ...citizen,
    citizen_id: FIRST_ID + place,
    relatives: [FIRST_ID],
  }));
  return [{ ...(hub as Citizen), relatives: others.map(({ citizen_id: id }) => id) }, ...others];
}

describe('a citizen with very many relatives', () => {
  let service: RunningService;
  before(async () => {
    service = await startService();
  });
  after(async () => {
    assert.equal(await service.stop(), 0);
  });

  it('is stored, changed and given back like any other', async () => {
    const [hub, ...others] = makeHub();
    const importUrl = `${service.url}/imports/${await postImport(service.url, [hub, ...others])}`;

    const patched = await sendJson<{ data: Citizen }>('PATCH', `${importUrl}/citizens/${FIRST_ID}`, {
      name: 'Новое имя',
    });
    assert.equal(patched.status, 200);
    assert.deepEqual(patched.body.data, { ...hub, name: 'Новое имя' });

    const birthdays = await request<{ data: Record<string, { presents: number }[]> }>(
      `${importUrl}/citizens/birthdays`,
    );
    // In order of citizen_id: the citizen related to all comes first in each month.
    const presents = Object.values(birthdays.body.data).map(([first]) => first?.presents ?? 0);
    assert.equal(
      presents.reduce((sum, count) => sum + count, 0),
      RELATIVES,
    );
  });
});
