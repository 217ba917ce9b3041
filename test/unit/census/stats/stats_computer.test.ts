import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { encode } from '@msgpack/msgpack';
import { type ComputerOptions, createComputer } from '../../../../app/census/stats/computing/computer.js';
import { GROUP_COLUMNS, type GroupColumn } from '../../../../app/census/stats/computing/groups.js';
import { makeRows, type RowsTask } from '../../../../app/census/stats/computing/stats_rows.js';
import { compileFormula } from '../../../../app/census/stats/formulas/formula_math.js';
import { parseTerms } from '../../../../app/census/stats/formulas/terms.js';
import { hasCode } from '../../../../app/errors.js';
import { ROW_TYPES, type RowFormat } from '../../../../app/http/answers/row_formats.js';
import { until } from '../../../support/until.js';

const FORMATS = Object.keys(ROW_TYPES) as RowFormat[];
/** Takes about 100 ms over 4,000 groups. */
const LONG_TERMS = Array.from({ length: 20 }, (_, i) => `x${i}=log(exp(sqrt(count+${i})))`).join();
/** Handles of a thread that runs or is about to end: those of its event loop. */
const OPEN_FILES_OF_THREAD = 8;
const TERMS = 'count,q1=p25(age),spread=(max(age)-q1)/count';

/** Citizens of each age from 0 to 99 by town, in the format of tarantool/census/stats/ages.lua. */
function agesOf(townCount: number): Buffer {
  const parts = [Buffer.from([0xdc, (2 * townCount) >> 8, (2 * townCount) & 0xff])];
  for (let town = 0; town < townCount; town++) {
    const counts = Buffer.from(
      Uint32Array.from({ length: 400 }, (_, at) => (at % 2 === 0 ? at >> 1 : town + 1)).buffer,
    );
    parts.push(
      Buffer.from(encode(`Town ${town}`)),
      Buffer.from([0xda, counts.length >> 8, counts.length & 0xff]),
      counts,
    );
  }
  return Buffer.concat(parts);
}

function taskOf(
  townCount: number,
  metrics: string,
  options: Partial<RowsTask> = {},
  groupBy: GroupColumn[] = ['town'],
) {
  const { terms } = parseTerms(metrics, compileFormula);
  const imports = [1, 2].map((importId) => ({ importId, pages: [agesOf(townCount), agesOf(1)] }));
  return {
    query: { groupBy, terms },
    imports,
    maxWeight: Number.POSITIVE_INFINITY,
    format: 'json',
    ...options,
  } as RowsTask;
}

const textOf = (pieces: readonly Buffer[] | undefined) => Buffer.concat(pieces ?? []).toString();
const isTooComplex = (reason: unknown) =>
  hasCode(reason, 'INVALID_INPUT') && reason.violations?.[0]?.code === 'TOO_COMPLEX';

describe('statistics are computed', () => {
  const computers: ReturnType<typeof createComputer>[] = [];
  const create = (options: ComputerOptions = {}) => {
    const computer = createComputer(options);
    computers.push(computer);
    return computer;
  };
  after(() => Promise.all(computers.map(({ close }) => close())));

  it('where they are asked for when they are short, and in a thread when they have formulas or are long', async () => {
    const computer = create();
    const threads = () => computer.threadUse().threads;
    await computer.parseTerms('count,median=p50(age),mean(age),oops');
    await computer.makeRows(taskOf(8, 'count,p50(age)'));
    assert.equal(threads(), 0);
    await computer.makeRows(taskOf(500, 'count,p50(age)'));
    assert.equal(threads(), 1);
    const other = create();
    await other.makeRows(taskOf(1, 'x=count'));
    assert.equal(other.threadUse().threads, 0, 'a measure by another name');
    await other.makeRows(taskOf(1, 'x=count+1'));
    assert.deepEqual(other.threadUse(), { threads: 1, running: 0, queued: 0 });
  });

  it('in a thread as anywhere else, in each format', async () => {
    const computer = create();
    for (const format of FORMATS) {
      for (const [townCount, groupBy] of [
        [1, []],
        [40, ['gender']],
        [300, [...GROUP_COLUMNS]],
      ] as const) {
        const order = { column: 'spread', isDescending: true };
        const query = { ...taskOf(1, TERMS, {}, [...groupBy]).query, order, limit: 20_000 };
        const expected = textOf(makeRows(taskOf(townCount, TERMS, { query, format }), compileFormula));
        const found = textOf(await computer.makeRows(taskOf(townCount, TERMS, { query, format })));
        assert.ok(found === expected, `${format} ${groupBy}`);
      }
    }
  });

  it('from terms that are read and refused in a thread as anywhere else, once for each text', async () => {
    const computer = create();
    for (const text of [TERMS, 'x=1,x=2,y=z,w=import(1),v=p101(age)+1,ok=count/2', 'q=p25(age)-_1', '=1+1', 'x=+']) {
      const found = await computer.parseTerms(text);
      assert.deepEqual(found, parseTerms(text, compileFormula));
      assert.equal(await computer.parseTerms(text), found);
    }
  });

  it('not where they are too much', async () => {
    const computer = create();
    await assert.rejects(computer.makeRows(taskOf(8, 'count', { maxWeight: 15 })), isTooComplex);
    await assert.rejects(computer.makeRows(taskOf(8, 'x=count+1', { maxWeight: 31 })), isTooComplex);
    await computer.makeRows(taskOf(8, 'x=count+1', { maxWeight: 32 }));
  });

  it('one after the other, and those that fail do not hold up the next', async () => {
    const computer = create();
    const broken = taskOf(1, 'x=count+1', { imports: [{ importId: 1, pages: [Buffer.from([0x92, 0xc1, 0xa0])] }] });
    const made = [computer.makeRows(broken), computer.makeRows(taskOf(1, TERMS)), computer.makeRows(taskOf(9, TERMS))];
    assert.equal(computer.threadUse().queued, 3);
    const [first, ...others] = await Promise.allSettled(made);
    assert.equal(first?.status, 'rejected');
    assert.ok(others.every(({ status }) => status === 'fulfilled'));
  });

  it('not for those who had to wait for too long, so that who comes then need not', async () => {
    const computer = create({ maxWaitMs: 5 });
    // The first one loads mathjs, which takes far longer.
    const asked = Array.from({ length: 5 }, (_, place) => computer.parseTerms(`x=count+${place}`));
    const [first, ...others] = await Promise.allSettled(asked);
    assert.equal(first?.status, 'fulfilled');
    for (const other of others)
      assert.ok(other.status === 'rejected' && hasCode(other.reason, 'STATISTICS_OVERLOADED'));
    assert.equal(computer.threadUse().queued, 0);
    assert.equal((await computer.parseTerms('x=count+9')).terms.length, 1);
  });

  it('no longer than the limit when they have formulas', async () => {
    const computer = create({ limitMs: 1 });
    await assert.rejects(computer.makeRows(taskOf(2_000, LONG_TERMS)), isTooComplex);
    assert.ok((await computer.makeRows(taskOf(500, 'count,p50(age)'))).length > 0);
  });

  it('with the time that mathjs takes to load left out of the limit', async () => {
    const computer = create({ limitMs: 20 });
    // Loading takes at least 100 ms: a limit that included it would always be exceeded.
    await until('a formula is read', () => computer.parseTerms('x=count+1').then(Boolean, () => false));
  });

  it('not for a request that has waited too long for mathjs, which is loaded for the next ones', async () => {
    const computer = create({ maxLoadWaitMs: 5 });
    const isOverloaded = (reason: unknown) => hasCode(reason, 'STATISTICS_OVERLOADED');
    await assert.rejects(computer.parseTerms('x=count+1'), isOverloaded);
    assert.equal(computer.threadUse().threads, 1, 'the thread goes on');
    await until('a formula is read', () =>
      computer.parseTerms('x=count+1').then(Boolean, (reason) => {
        assert.ok(isOverloaded(reason));
        return false;
      }),
    );
  });

  it('in threads that give all their descriptors back when they are ended', async () => {
    const openFiles = () => readdirSync('/proc/self/fd').length;
    const computer = create({ limitMs: 1 });
    const before = openFiles();
    for (let i = 0; i < 10; i++) await assert.rejects(computer.makeRows(taskOf(2_000, LONG_TERMS)), isTooComplex);
    await until('the descriptors are back', () => openFiles() <= before + OPEN_FILES_OF_THREAD);
  });

  it('in a thread that ends when there is nothing to do, and comes back', async () => {
    const computer = create({ idleMs: 20 });
    await computer.parseTerms('x=count+1');
    await until('the thread ends', () => computer.threadUse().threads === 0);
    assert.equal((await computer.parseTerms('x=count+2')).terms.length, 1);
  });
});
