import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import {
  type CitizenSink,
  createCitizenSink,
  type SinkChunk,
  type SinkOptions,
} from '../../../../app/census/imports/intake/citizen_sink.js';
import { ServiceError } from '../../../../app/errors.js';
import { TODAY } from '../../../support/census/field_cases.js';

const CITIZENS = makeCitizens(6500, 0);

function makeSink(options: Partial<SinkOptions> = {}) {
  const chunks: SinkChunk[] = [];
  const sink = createCitizenSink({ today: TODAY, storesRows: true, reportsAll: false, ...options }, (chunk) =>
    chunks.push(chunk),
  );
  return { sink, chunks };
}

function addAll(sink: CitizenSink, citizens: readonly unknown[]): void {
  citizens.forEach((one, place) => {
    sink.addValue(one, place);
  });
}

function refusalOf(work: () => unknown): ServiceError {
  try {
    work();
  } catch (reason) {
    assert.ok(reason instanceof ServiceError);
    return reason;
  }
  return assert.fail('nothing was refused');
}

describe('where the citizens of an import go', () => {
  it('hands rows out as chunks are full, and the rest at the end', () => {
    const { sink, chunks } = makeSink();
    const counts = CITIZENS.map((one, place) => {
      sink.addValue(one, place);
      return chunks.length;
    });
    assert.ok(counts.at(-1) === 2, `${counts.at(-1)} chunks`);
    assert.equal(sink.finish(), 6500);
    assert.ok(chunks.length >= 3);
    // So that an import of a single chunk is known as one, and others are stored as they come.
    assert.deepEqual(
      chunks.map(({ isLast }) => isLast),
      chunks.map((_, place) => place === chunks.length - 1),
    );
  });

  it('hands out none when it only checks', () => {
    const { sink, chunks } = makeSink({ storesRows: false });
    addAll(sink, CITIZENS);
    assert.equal(sink.finish(), 6500);
    assert.deepEqual(chunks, []);
  });

  it('hands out none behind the first violation, and goes on with counting', () => {
    const { sink, chunks } = makeSink();
    addAll(sink, CITIZENS.slice(0, 500));
    sink.addValue({}, 500, 7);
    addAll(sink, CITIZENS.slice(500));
    sink.addUnread(7000, 9);
    const refusal = refusalOf(sink.finish);
    assert.deepEqual(chunks, []);
    assert.equal(refusal.code, 'INVALID_INPUT');
    assert.equal(refusal.violationCount, 10);
    assert.deepEqual(
      [refusal.violations?.[0], refusal.violations?.[9]].map((one) => [
        one?.pointer.split('/', 3).join('/'),
        one?.line,
        one?.byteOffset,
      ]),
      [
        ['/citizens/500', 7, 500],
        ['/citizens/6501', 9, 7000],
      ],
    );
  });

  it('counts a record that was not read as one: those behind it keep their places, and relatives of it are unknown', () => {
    const { sink } = makeSink();
    const [first, second] = CITIZENS;
    sink.addUnread(0, 1, { code: 'NOT_JSON', detail: 'must be JSON' });
    sink.addValue({ ...second, relatives: [first?.citizen_id] }, 10, 2);
    const { violations } = refusalOf(sink.finish);
    assert.deepEqual(
      violations?.map(({ pointer, code }) => `${pointer} ${code}`),
      ['/citizens/0 NOT_JSON', '/citizens/1/relatives/0 UNKNOWN_RELATIVE'],
    );
  });

  it('keeps lines for all violations only when they were asked for', () => {
    const quiet = makeSink();
    quiet.sink.addValue(null, 0, 1);
    assert.equal(quiet.sink.report(), undefined);
    const { sink } = makeSink({ reportsAll: true });
    for (let place = 0; place < 150; place++) sink.addValue(null, place, place + 1);
    assert.equal(refusalOf(sink.finish).violations?.length, 100);
    const lines = Buffer.concat(sink.report() ?? [])
      .toString()
      .trimEnd()
      .split('\n');
    assert.equal(lines.length, 150);
    const { line, byteOffset, pointer, code } = JSON.parse(lines[149] as string);
    assert.deepEqual(
      { line, byteOffset, pointer, code },
      { line: 150, byteOffset: 149, pointer: '/citizens/149', code: 'WRONG_TYPE' },
    );
  });

  it('ends at once when it is given up, with what was wrong before', () => {
    const { sink } = makeSink();
    sink.addValue(null, 0);
    const { violations } = refusalOf(() => sink.giveUp({ pointer: '', code: 'TOO_COMPLEX', detail: 'is too long' }));
    assert.deepEqual(
      violations?.map(({ code }) => code),
      ['WRONG_TYPE', 'TOO_COMPLEX'],
    );
  });
});
