import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { createImportParser, type ImportParser, type RowSink } from '../../../../app/census/imports/intake/parser.js';
import { type BodyAccount, UNCOUNTED } from '../../../../app/http/bodies/body_budget.js';
import { TODAY } from '../../../support/census/field_cases.js';
import { until } from '../../../support/until.js';

const WINDOW_BYTES = 256 * 1024;
/** Three chunks of rows. */
const CITIZENS = 2500;
const OPTIONS = { format: 'json', today: TODAY, storesRows: true, reportsAll: false } as const;

async function* partsOf(value: unknown): AsyncGenerator<Buffer<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  for (let start = 0; start < bytes.length; start += WINDOW_BYTES) {
    yield Buffer.from(bytes.slice(start, start + WINDOW_BYTES).buffer);
  }
}

describe('an import that is parsed in a thread', () => {
  let parser: ImportParser;
  before(() => {
    parser = createImportParser(1);
  });
  after(() => parser.close());

  it('fails when its sink does, also when all was read and found good before that', async () => {
    const given: number[] = [];
    const account: BodyAccount = { take() {}, give: (bytes) => given.push(bytes) };
    let lastBytes = 0;
    let isWhole = false;
    async function* counted() {
      for await (const part of partsOf({ citizens: makeCitizens(CITIZENS, 0) })) {
        lastBytes = part.length;
        yield part;
      }
      isWhole = true;
    }
    const sink: RowSink = {
      async add() {
        // The outcome follows directly after the last part.
        await until('the thread has read everything', () => isWhole && given.includes(lastBytes));
        throw new Error('no room for rows');
      },
    };
    const reading = parser.read(counted(), OPTIONS, sink, account);
    await assert.rejects(reading, /no room for rows/);
  });

  it('is refused for what is wrong with it, whatever the sink says later', async () => {
    const [first, ...others] = makeCitizens(CITIZENS, 0);
    const citizens = [first, ...others, first];
    const sink: RowSink = { add: async () => {} };
    await assert.rejects(parser.read(partsOf({ citizens }), OPTIONS, sink, UNCOUNTED), { code: 'INVALID_INPUT' });
  });

  it('is let go of when its parts end in an error, however many wait for the thread', async () => {
    async function* cutOff() {
      yield* partsOf({ citizens: makeCitizens(CITIZENS, 0) });
      throw new Error('cut off');
    }
    // More than a thread works on at once; none of them ever gets room for its rows.
    const sink: RowSink = { add: () => new Promise(() => {}) };
    const readings = Array.from({ length: 100 }, () => parser.read(cutOff(), OPTIONS, sink, UNCOUNTED));
    for (const { status } of await Promise.allSettled(readings)) assert.equal(status, 'rejected');
    const ready: RowSink = { add: async () => {} };
    const { citizenCount } = await parser.read(
      partsOf({ citizens: makeCitizens(CITIZENS, 0) }),
      OPTIONS,
      ready,
      UNCOUNTED,
    );
    assert.equal(citizenCount, CITIZENS);
  });
});
