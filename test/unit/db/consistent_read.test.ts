import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type PageEnd, readConsistently, readPages, readSomePages } from '../../../app/db/consistent_read.js';
import { ServiceError } from '../../../app/errors.js';

const overtaken = () => new ServiceError('IMPORT_KEEPS_CHANGING', 'The import changed.');
/** Three pages of version 7, whose next positions are 10, 20 and the end. */
const NEXT = new Map<number | null, number | null>([
  [null, 10],
  [10, 20],
  [20, null],
]);

function pageAfter(place: number | null): PageEnd<number> & { place: number | null } {
  return { version: 7, next: NEXT.get(place) ?? null, place };
}

describe('readPages', () => {
  it('reads from page to page, each with the version of the first', async () => {
    const calls: unknown[] = [];
    const end = await readPages<number>(async (place, version) => {
      calls.push([place, version]);
      return pageAfter(place);
    });
    assert.deepEqual(calls, [
      [null, null],
      [10, 7],
      [20, 7],
    ]);
    assert.deepEqual([end.version, end.next], [7, null]);
  });

  it('begins after a place, requires a version, and ends where no more is wanted', async () => {
    const calls: unknown[] = [];
    const read = async (place: number | null, version: number | null) => {
      calls.push([place, version]);
      return { ...pageAfter(place), isLast: true };
    };
    const { next } = await readPages<number>(read, { from: 10, version: 6 });
    assert.deepEqual([calls, next], [[[10, 6]], 20]);
  });

  it('asks for the next page before it hands one out', async () => {
    const events: string[] = [];
    const read = async (place: number | null) => {
      events.push(`read ${place}`);
      return pageAfter(place);
    };
    await readPages<number, ReturnType<typeof pageAfter>>(read, { take: ({ place }) => events.push(`take ${place}`) });
    assert.deepEqual(events, ['read null', 'read 10', 'take null', 'read 20', 'take 10', 'take 20']);
  });

  it('fails with what taking a page throws, though the next one fails too', async () => {
    const read = async (place: number | null) => {
      if (place !== null) throw new Error('away');
      return pageAfter(place);
    };
    const take = () => {
      throw new Error('not a page');
    };
    await assert.rejects(readPages<number>(read, { take }), /not a page/);
    // An unhandled rejection would fail this test.
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('readSomePages', () => {
  it('ends after so many calls, and says where to continue', async () => {
    const end = await readSomePages<number>(async (place) => pageAfter(place), { from: null, maxCalls: 2 });
    assert.deepEqual([end.version, end.next], [7, 20]);
  });

  it('keeps what was read before a change, and says where to continue', async () => {
    const read = async (place: number | null) => {
      if (place === 20) throw overtaken();
      return pageAfter(place);
    };
    const end = await readSomePages<number>(read, { from: null, maxCalls: 9 });
    assert.deepEqual([end.version, end.next], [7, 20]);
  });

  it('fails when the first page does, and for every other reason', async () => {
    const options = { from: null, maxCalls: 9 };
    await assert.rejects(
      readSomePages<number>(() => Promise.reject(overtaken()), options),
      {
        code: 'IMPORT_KEEPS_CHANGING',
      },
    );
    const read = async (place: number | null) => {
      if (place === 10) throw new Error('away');
      return pageAfter(place);
    };
    await assert.rejects(readSomePages<number>(read, options), /away/);
  });
});

describe('readConsistently', () => {
  it('reads again while changes come, and in a single call in the end', async () => {
    const calls: boolean[] = [];
    const result = await readConsistently(async (inSingleCall) => {
      calls.push(inSingleCall);
      if (!inSingleCall) throw overtaken();
      return 'read';
    });
    assert.deepEqual([result, calls], ['read', [false, false, false, true]]);
  });

  it('passes every other failure on', async () => {
    await assert.rejects(
      readConsistently(() => Promise.reject(new Error('away'))),
      /away/,
    );
  });
});
