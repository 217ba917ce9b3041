import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServiceError } from '../../../../app/errors.js';
import { createJobQueue } from '../../../../app/work/jobs/creating/create_queue.js';
import type { Job } from '../../../../app/work/jobs/job.js';
import type { JobSpec } from '../../../../app/work/jobs/repository.js';

function spec(name: string, args = '{}'): JobSpec {
  return { name, args } as JobSpec;
}

/** Stores everything except names that begin with "bad". */
function createStore() {
  const calls: string[][] = [];
  const store = async (specs: readonly JobSpec[]) => {
    calls.push(specs.map(({ name }) => name));
    if (specs.some(({ name }) => name === 'away')) throw new ServiceError('DATABASE_AWAY', 'Away.');
    return specs.map(({ name }) =>
      name.startsWith('bad') ? new ServiceError('INVALID_INPUT', name) : ({ name } as Job),
    );
  };
  return { calls, enqueue: createJobQueue(store) };
}

describe('jobs that are stored in one turn', () => {
  it('go to the database in one call, in order, and each gets its own outcome', async () => {
    const { calls, enqueue } = createStore();
    const outcomes = await Promise.allSettled(['a', 'bad b', 'c'].map((name) => enqueue(spec(name))));
    assert.deepEqual(calls, [['a', 'bad b', 'c']]);
    assert.deepEqual(
      outcomes.map((each) => (each.status === 'fulfilled' ? each.value.name : (each.reason as Error).message)),
      ['a', 'bad b', 'c'],
    );
    await enqueue(spec('later'));
    assert.deepEqual(calls[1], ['later']);
  });

  it('go in several calls when they are more than 100, or their arguments are long', async () => {
    const { calls, enqueue } = createStore();
    await Promise.all(Array.from({ length: 250 }, (_, i) => enqueue(spec(`${i}`))));
    assert.deepEqual(
      calls.map(({ length }) => length),
      [100, 100, 50],
    );
    calls.length = 0;
    const long = 'x'.repeat(300 * 1024);
    const huge = 'x'.repeat(1024 * 1024);
    await Promise.all([long, '{}', long, huge, '{}'].map((args, i) => enqueue(spec(`${i}`, args))));
    assert.deepEqual(calls, [['0', '1'], ['2'], ['3'], ['4']]);
  });

  it('fail together when their call does, and no others', async () => {
    const { enqueue } = createStore();
    const first = Array.from({ length: 100 }, (_, i) => enqueue(spec(i === 50 ? 'away' : `${i}`)));
    const second = enqueue(spec('second'));
    const outcomes = await Promise.allSettled(first);
    assert.ok(outcomes.every((each) => each.status === 'rejected' && each.reason.code === 'DATABASE_AWAY'));
    assert.equal((await second).name, 'second');
  });
});
