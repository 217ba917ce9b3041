import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRandom, makeCitizens } from '../../../../app/census/demo/citizens.js';
import { citizen, listCitizens, relativesFaults } from '../../../support/census/citizens.js';
import { type Problem, postImport, request, sendJson } from '../../../support/http/http.js';
import { IS_NIGHTLY } from '../../../support/nightly.js';
import { useService } from '../../../support/suite.js';

describe('GET /imports/{import_id}/citizens', () => {
  const service = useService();

  it('answers 200 and JSON, with all fields and no others', async () => {
    const importId = await postImport(service.url, [citizen(1)]);
    const answer = await request(`${service.url}/imports/${importId}/citizens`);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('Content-Type') ?? '', /^application\/json/);
    assert.equal(answer.text, JSON.stringify({ data: [citizen(1)] }));
  });

  for (const count of [2499, 2500, 2501, 5000, 5001]) {
    it(`lists ${count} citizens, at the edge of a page of 2,500, and none of the next import`, async () => {
      const citizens = makeCitizens(count, 100, count);
      const importId = await postImport(service.url, citizens);
      await postImport(service.url, makeCitizens(10, 0));
      assert.deepEqual(await listCitizens(service.url, importId), citizens);
    });
  }

  it('answers 404 for what is no import', async () => {
    const importId = await postImport(service.url, []);
    for (const id of [
      '0',
      '-1',
      '+1',
      `${importId + 1000}`,
      '1x',
      'one',
      '1.5',
      '0x1',
      '%20',
      '%00',
      '9007199254740993',
    ]) {
      for (const path of ['citizens', 'citizens/birthdays', 'towns/stat/percentile/age']) {
        const answer = await request<Problem>(`${service.url}/imports/${id}/${path}`);
        assert.equal(answer.status, 404, `${id}/${path}`);
        assert.equal(answer.body.code, 'IMPORT_NOT_FOUND', `${id}/${path}`);
        assert.equal(answer.headers.get('Content-Type'), 'application/problem+json');
      }
    }
  });

  it('is never half of a change, however many change relatives meanwhile', async () => {
    const people = 3500;
    const lists = IS_NIGHTLY ? 200 : 15;
    const importId = await postImport(service.url, makeCitizens(people, 500, 7));
    const random = createRandom(8);
    const anybody = () => 1 + Math.floor(random() * people);
    let isOver = false;
    let changes = 0;
    // A relation between the first and the last page would expose a torn read.
    async function keepChanging(): Promise<void> {
      while (!isOver) {
        const one = anybody();
        const relatives = [...new Set([anybody(), anybody(), anybody()])].filter((id) => id !== one);
        const { status } = await sendJson('PATCH', `${service.url}/imports/${importId}/citizens/${one}`, { relatives });
        assert.equal(status, 200);
        changes++;
      }
    }
    const changing = Promise.all([keepChanging(), keepChanging(), keepChanging()]);
    try {
      for (let round = 0; round < lists; round++) {
        const changesBefore = changes;
        const list = await listCitizens(service.url, importId);
        assert.equal(list.length, people);
        assert.deepEqual(relativesFaults(list), []);
        while (changes === changesBefore) await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      isOver = true;
      await changing;
    }
  });
});
