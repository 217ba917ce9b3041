import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { jsonArrayOf } from '../../../app/work/tasks/pages.js';
import { runs } from '../../support/random.js';

describe('the array of all rows that are asked for', () => {
  it('has those before an id, newest first, as many as the limit allows, read a thousand at a time', async () => {
    const maybe = fc.option(fc.integer({ min: 1, max: 3_500 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 3_200 }), maybe, maybe, async (count, before, limit) => {
        const ids = Array.from({ length: count }, (_, i) => count - i);
        const asked: number[] = [];
        const read = async (place: number | undefined, rows: number) => {
          asked.push(rows);
          return ids
            .filter((id) => place === undefined || id < place)
            .slice(0, rows)
            .map((id) => ({ id }));
        };
        let text = '';
        for await (const piece of await jsonArrayOf({ before, limit }, read, ({ id }) => ({ no: id }))) text += piece;
        const expected = ids.filter((id) => before === undefined || id < before).slice(0, limit ?? count);
        assert.deepEqual(
          JSON.parse(text),
          expected.map((no) => ({ no })),
        );
        assert.ok(asked.every((rows) => rows >= 1 && rows <= 1_000));
        assert.ok(asked.length <= Math.floor(expected.length / 1_000) + 1, `${asked}`);
      }),
      runs(40),
    );
  });
});
