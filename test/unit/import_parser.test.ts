import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { makeCitizens } from '../../app/demo/citizens.js';
import { createImportParser } from '../../app/imports/parser.js';
import { TODAY } from '../support/field_cases.js';

describe('the reading of an import in a thread', () => {
  const parser = createImportParser(1);
  after(() => parser.close());

  for (const failing of [1, 2, 3]) {
    it(`ends with the failure of its sink, though all was read by then: chunk ${failing} of 3`, async () => {
      const bytes = Buffer.from(JSON.stringify({ citizens: makeCitizens(2500, 10) }));
      async function* parts() {
        yield Buffer.from(bytes);
      }
      let chunks = 0;
      const sink = {
        async add() {
          if (++chunks < failing) return;
          // Long after the thread has told that nothing is wrong.
          await new Promise((resolve) => setTimeout(resolve, 300));
          throw new Error('no room');
        },
      };
      const options = { format: 'json', today: TODAY, storesRows: true, reportsAll: false } as const;
      await assert.rejects(
        parser.read(parts(), options, sink, () => {}),
        /no room/,
      );
    });
  }
});
