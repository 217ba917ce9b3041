import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { ROWS_TO_TEXT } from '../../../../app/census/citizens/text/list_formats.js';
import { createTextMaker } from '../../../../app/census/citizens/text/text_maker.js';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import type { RowFormat } from '../../../../app/http/answers/row_formats.js';
import { packRows } from '../../../support/census/rows.js';

const FORMATS = Object.keys(ROWS_TO_TEXT) as RowFormat[];

/** The first chunk has up to 1,000 citizens, about 90 KB. */
const pack = (count: number) => Buffer.from((packRows(makeCitizens(count, 0))[0] as Uint8Array).slice().buffer);

describe('the text of rows', () => {
  const texts = createTextMaker(2);
  after(() => texts.close());

  for (const format of FORMATS) {
    it(`is the same where it stands and in a thread: ${format}`, async () => {
      for (const count of [0, 1, 1_000]) {
        const expected = ROWS_TO_TEXT[format](pack(count));
        for (const mayLeave of [true, false]) {
          assert.ok((await texts.make(format, pack(count), mayLeave)).equals(expected), `${count}, ${mayLeave}`);
        }
      }
    });
  }

  it('of long rows is made in a thread, to which they are handed over', async () => {
    const [short, long, last] = [pack(10), pack(1_000), pack(1_000)];
    const lengths = [short, long, last].map(({ length }) => length);
    const made = [texts.make('json', short, true), texts.make('json', long, true), texts.make('json', last, false)];
    assert.deepEqual([short.length, long.length, last.length], [lengths[0], 0, lengths[2]]);
    assert.ok((await Promise.all(made)).every(({ length }) => length > 0));
  });

  it('of very long rows is made in a thread, even if nothing else is to be done', async () => {
    const rows = Buffer.from(new Uint8Array(600_000).buffer);
    rows[0] = 0x90;
    const made = texts.make('json', rows, false);
    assert.equal(rows.length, 0);
    assert.equal((await made).length, 0);
  });

  it('is made by as many threads as there are, and the others wait', async () => {
    const few = createTextMaker(1);
    assert.deepEqual(few.threadUse(), { threads: 0, running: 0, queued: 0 });
    const made = [1, 2, 3].map(() => few.make('json', pack(1_000), true));
    assert.deepEqual(few.threadUse(), { threads: 1, running: 1, queued: 2 });
    await Promise.all(made);
    assert.deepEqual(few.threadUse(), { threads: 1, running: 0, queued: 0 });
    await few.close();
  });

  it('of what is no row is refused, in a thread too', async () => {
    for (const mayLeave of [true, false]) {
      await assert.rejects(texts.make('json', Buffer.from(new Uint8Array(40_000).fill(0xc1).buffer), mayLeave));
    }
  });
});
