import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { type BodyBudget, createBodyBudget } from '../../app/http/body_budget.js';

/** Sizes here are in megabytes; up to one, a body counts as nothing. */
const MEGABYTE = 1024 * 1024;
const LIMIT = 100;
const TOTAL = 400;

/** A request that announces so much; undefined: a chunked one. */
function announcing(megabytes: number | undefined): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  if (megabytes !== undefined) request.headers['content-length'] = String(megabytes * MEGABYTE);
  return request;
}

/** Begins to spend and stays at it until `end` is called. */
function hold(budget: BodyBudget, bytes: number | undefined): { end(): void; done: Promise<void> } {
  const { promise, resolve } = withResolvers();
  return { end: resolve, done: budget.spend(announcing(bytes), () => promise) };
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}

async function fits(budget: BodyBudget, bytes: number | undefined): Promise<boolean> {
  try {
    return await budget.spend(announcing(bytes), async () => true);
  } catch (reason) {
    assert.equal((reason as { code?: string }).code, 'TOO_MANY_IMPORTS');
    return false;
  }
}

describe('the budget for bodies', () => {
  const table: [held: (number | undefined)[], next: number | undefined, fits: boolean, reason: string][] = [
    [[], 100, true, 'nothing is in work'],
    [[100, 100, 100], 100, true, 'it fills the budget to the last byte'],
    [[100, 100, 100, 2], 100, false, 'too much by two'],
    [[100, 100, 100, 100], 1, true, 'a small body takes nothing: the large ones must not lock everybody out'],
    [[undefined, undefined, undefined], undefined, true, 'chunked bodies count as the largest'],
    [[undefined, undefined, undefined, undefined], 2, false, 'and fill the budget as such'],
    [[5000, 5000, 5000], 100, true, 'what is announced above the limit is refused elsewhere and counts as the largest'],
  ];
  for (const [held, next, expected, reason] of table) {
    it(`with ${JSON.stringify(held)} in work ${expected ? 'takes' : 'refuses'} ${next}: ${reason}`, async () => {
      const budget = createBodyBudget(TOTAL * MEGABYTE, LIMIT * MEGABYTE);
      const holders = held.map((bytes) => hold(budget, bytes));
      assert.equal(await fits(budget, next), expected);
      for (const { end } of holders) end();
      await Promise.all(holders.map(({ done }) => done));
    });
  }

  it('takes a single body whatever its size: else none of that size would ever pass', async () => {
    assert.ok(await fits(createBodyBudget(10 * MEGABYTE, LIMIT * MEGABYTE), 100));
  });

  it('gets back what was spent, after a failure too', async () => {
    const budget = createBodyBudget(TOTAL * MEGABYTE, LIMIT * MEGABYTE);
    for (let i = 0; i < 20; i++) {
      await assert.rejects(
        budget.spend(announcing(100), () => Promise.reject(new Error('broken'))),
        { message: 'broken' },
      );
    }
    const holders = [100, 100, 100].map((bytes) => hold(budget, bytes));
    assert.ok(await fits(budget, 100));
    for (const { end } of holders) end();
    await Promise.all(holders.map(({ done }) => done));
    assert.ok(await fits(budget, undefined));
  });

  it('does not begin the work of a body that it refuses', async () => {
    const budget = createBodyBudget(TOTAL * MEGABYTE, LIMIT * MEGABYTE);
    const holders = [100, 100, 100, 100].map((bytes) => hold(budget, bytes));
    let begun = false;
    await assert.rejects(
      budget.spend(announcing(100), async () => {
        begun = true;
      }),
      { code: 'TOO_MANY_IMPORTS' },
    );
    assert.equal(begun, false);
    for (const { end } of holders) end();
    await Promise.all(holders.map(({ done }) => done));
  });
});
