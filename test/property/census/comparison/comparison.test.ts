import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Citizen } from '../../../../app/census/citizens/schema.js';
import { createRandom, makeCitizens } from '../../../../app/census/demo/citizens.js';
import { listCitizens } from '../../../support/census/citizens.js';
import {
  modelBusiest,
  modelComparison,
  modelMedianShifts,
  modelPresents,
  modelTownShifts,
} from '../../../support/census/comparison_model.js';
import { awayFromMidnight } from '../../../support/census/today.js';
import { postImport, request, sendJson } from '../../../support/http/http.js';
import { runs } from '../../../support/random.js';
import { useService } from '../../../support/suite.js';

const NO_SUCH_TOWN = 'Нигде';
const MOST = 1000;

const anyCase = fc.record({
  count: fc.constantFrom(1, 12, 90, 1300),
  pairs: fc.constantFrom(0, 0.5, 3),
  isOther: fc.boolean(),
  leave: fc.constantFrom(0, 0.3, 1),
  changes: fc.nat({ max: 12 }),
  limit: fc.constantFrom(1, 7, MOST),
  seed: fc.nat(),
});
type Case = typeof anyCase extends fc.Arbitrary<infer Value> ? Value : never;

/** Removes some citizens, also from the relatives of the others. */
function without(citizens: readonly Citizen[], isGone: (one: Citizen) => boolean): Citizen[] {
  const left = new Set(citizens.filter((one) => !isGone(one)).map(({ citizen_id }) => citizen_id));
  return citizens
    .filter(({ citizen_id }) => left.has(citizen_id))
    .map((one) => ({ ...one, relatives: one.relatives.filter((id) => left.has(id)) }));
}

describe('comparisons and presents', () => {
  const service = useService();

  async function ask<Data>(path: string): Promise<Data> {
    const { status, body, text } = await request<{ data: Data }>(service.url + path);
    assert.equal(status, 200, `${path}: ${text}`);
    return body.data;
  }

  /** Reads all pages by next_cursor. */
  async function askAll(path: string): Promise<unknown[]> {
    const rows: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const url: string = `${service.url}${path}${cursor && `&cursor=${cursor}`}`;
      const { body } = await request<{ data: unknown[]; next_cursor: string | null }>(url);
      rows.push(...body.data);
      cursor = body.next_cursor;
    }
    return rows;
  }

  async function makeImports({ count, pairs, isOther, leave, changes, seed }: Case): Promise<[number, number]> {
    const random = createRandom(seed);
    const first = makeCitizens(count, count > 1 ? Math.floor(pairs * count) : 0, seed);
    const reversed = first.map((one) => ({ ...one, relatives: one.relatives.toReversed() }));
    const second = isOther ? makeCitizens(count, 0, seed + 1) : reversed;
    const isGone = () => random() < leave;
    const ids = [
      await postImport(service.url, without(first, isGone)),
      await postImport(service.url, without(second, isGone)),
    ] as [number, number];
    for (let change = 0; change < changes; change++) {
      const importId = ids[change % 2] as number;
      const citizenId = 1 + Math.floor(random() * count);
      const month = String(1 + Math.floor(random() * 12)).padStart(2, '0');
      const fields = random() < 0.5 ? { town: 'Ялта', relatives: [] } : { birth_date: `01.${month}.1990` };
      await sendJson('PATCH', `${service.url}/imports/${importId}/citizens/${citizenId}`, fields);
    }
    return ids;
  }

  async function assertComparison([beforeId, afterId]: [number, number], limit: number): Promise<void> {
    const [before, after] = [await listCitizens(service.url, beforeId), await listCitizens(service.url, afterId)];
    const { came, went, changed, same } = modelComparison(before, after);
    const path = `/imports/${beforeId}/compare/${afterId}`;
    const told = await ask<Record<string, unknown>>(`${path}?limit=${limit}`);
    const towns = modelTownShifts(before, after);
    assert.deepEqual(
      [told['came'], told['went'], told['changed'], told['same'], told['towns']],
      [came.length, went.length, changed.length, same, towns.slice(0, limit)],
    );
    assert.deepEqual(await ask(`${path}/towns?limit=${limit}`), towns.slice(0, limit));
    await awayFromMidnight();
    assert.deepEqual(await ask(`${path}/towns?of=median_age`), modelMedianShifts(before, after));
    for (const [kind, rows] of Object.entries({ came, went, changed })) {
      if (rows.length / limit < 30)
        assert.deepEqual(await askAll(`${path}/citizens?kind=${kind}&limit=${limit}`), rows);
    }
  }

  async function assertPresents(importId: number, limit: number): Promise<void> {
    const citizens = await listCitizens(service.url, importId);
    const path = `/imports/${importId}/presents`;
    assert.deepEqual(
      await ask(path),
      modelPresents(citizens, () => true),
    );
    assert.deepEqual(
      await ask(`${path}?group_by=citizen&limit=${limit}`),
      modelBusiest(citizens, () => true).slice(0, limit),
    );
    for (const town of new Set([citizens[0]?.town ?? NO_SUCH_TOWN, 'Ялта', NO_SUCH_TOWN])) {
      const isThere = (one: Citizen) => one.town === town;
      const query = `town=${encodeURIComponent(town)}`;
      assert.deepEqual(await ask(`${path}?${query}`), modelPresents(citizens, isThere));
      assert.deepEqual(
        await ask(`${path}?group_by=citizen&limit=${limit}&${query}`),
        modelBusiest(citizens, isThere).slice(0, limit),
      );
    }
  }

  it('are what a plain look at all citizens gives, after any imports and changes', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (each) => {
        const pair = await makeImports(each);
        await assertComparison(pair, each.limit);
        await assertPresents(pair[0], each.limit);
      }),
      runs(12),
    );
  });
});
