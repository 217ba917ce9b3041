import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { type BodyAccount, type BodyBudget, createBodyBudget } from '../../app/http/body_budget.js';

const TOTAL = 400;
const REFUSED = { code: 'TOO_MANY_IMPORTS' };

/** A request that announces so many bytes; undefined: a chunked one. */
function announcing(bytes: number | undefined): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  if (bytes !== undefined) request.headers['content-length'] = String(bytes);
  return request;
}

type Holder = BodyAccount & { end(): Promise<void> };

/** A body that stays in work until `end` is called; `take` and `give` are called for what is held of it. */
function hold(budget: BodyBudget, announced: number | undefined): Holder {
  let finish = () => {};
  let account: BodyAccount | undefined;
  const done = budget.spend(announcing(announced), (given) => {
    account = given;
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  });
  return {
    take: (bytes) => account?.take(bytes),
    give: (bytes) => account?.give(bytes),
    end: () => {
      finish();
      return done;
    },
  };
}

async function holdAll(budget: BodyBudget, sizes: readonly number[]): Promise<Holder[]> {
  const holders = sizes.map((bytes) => hold(budget, bytes));
  await Promise.resolve();
  holders.forEach((holder, place) => {
    holder.take(sizes[place] as number);
  });
  return holders;
}

describe('the budget for bodies', () => {
  const table: [held: number[], next: number, fits: boolean, reason: string][] = [
    [[], 100, true, 'nothing is in work'],
    [[100, 100, 100], 100, true, 'it fills the budget to the last byte'],
    [[100, 100, 100, 1], 100, false, 'a byte too many'],
    [[100, 100, 100, 100], 0, true, 'an empty body takes nothing'],
    [[], 1000, true, 'a single body whatever its size: else none of that size would ever pass'],
  ];
  for (const [held, next, fits, reason] of table) {
    it(`with ${JSON.stringify(held)} in work ${fits ? 'takes' : 'refuses'} ${next}: ${reason}`, async () => {
      const budget = createBodyBudget(TOTAL);
      const holders = await holdAll(budget, held);
      const spending = budget.spend(announcing(next), async ({ take }) => take(next));
      await (fits ? spending : assert.rejects(spending, REFUSED));
      await Promise.all(holders.map(({ end }) => end()));
    });
  }

  it('tells how much is held now, of how much', async () => {
    const budget = createBodyBudget(TOTAL);
    const holders = await holdAll(budget, [100, 30]);
    assert.deepEqual(budget.use(), { heldBytes: 130, totalBytes: TOTAL });
    await Promise.all(holders.map(({ end }) => end()));
    assert.equal(budget.use().heldBytes, 0);
  });

  it('is not held by clients that announce much and send nothing', async () => {
    const budget = createBodyBudget(TOTAL);
    const idle = Array.from({ length: 20 }, () => hold(budget, 100));
    await budget.spend(announcing(100), async ({ take }) => take(100));
    await Promise.all(idle.map(({ end }) => end()));
  });

  it('counts a chunked body as it comes, and refuses it when it grows too large', async () => {
    const budget = createBodyBudget(TOTAL);
    const holders = await holdAll(budget, [300]);
    const read: number[] = [];
    await assert.rejects(
      budget.spend(announcing(undefined), async ({ take }) => {
        for (let part = 0; part < 10; part++) {
          take(60);
          read.push(60);
        }
      }),
      REFUSED,
    );
    assert.deepEqual(read, [60]);
    await Promise.all(holders.map(({ end }) => end()));
  });

  it('gets back what was spent, after a failure too', async () => {
    const budget = createBodyBudget(TOTAL);
    for (let i = 0; i < 20; i++) {
      await assert.rejects(
        budget.spend(announcing(100), ({ take }) => {
          take(100);
          return Promise.reject(new Error('broken'));
        }),
        { message: 'broken' },
      );
    }
    const holders = await holdAll(budget, [100, 100, 100]);
    await budget.spend(announcing(100), async ({ take }) => take(100));
    await Promise.all(holders.map(({ end }) => end()));
  });

  it('counts what is held: what was given back is there for others', async () => {
    const budget = createBodyBudget(TOTAL);
    const [first, second] = (await holdAll(budget, [300, 100])) as [Holder, Holder];
    for (let windows = 0; windows < 20; windows++) {
      first.give(100);
      first.take(100);
    }
    assert.throws(() => second.take(1), REFUSED);
    first.give(100);
    second.take(100);
    assert.throws(() => first.take(1), REFUSED);
    await first.end();
    second.take(300);
    await second.end();
    await budget.spend(announcing(400), async ({ take }) => take(400));
  });

  it('gets no more back than was taken', async () => {
    const budget = createBodyBudget(TOTAL);
    const [first, second] = (await holdAll(budget, [300, 100])) as [Holder, Holder];
    second.give(400);
    assert.throws(() => second.take(101), REFUSED);
    await Promise.all([first.end(), second.end()]);
  });

  it('asks of a reader that streams only what it says that it may hold, whatever is announced', async () => {
    const budget = createBodyBudget(TOTAL);
    const holders = await holdAll(budget, [300]);
    const stream = (mayHoldBytes: number) => budget.spend(announcing(1_000_000), async () => 'read', mayHoldBytes);
    assert.equal(await stream(100), 'read');
    await assert.rejects(stream(101), REFUSED);
    await Promise.all(holders.map(({ end }) => end()));
  });

  it('does not begin the work of a body of unknown length when it is used up', async () => {
    const budget = createBodyBudget(TOTAL);
    const holders = await holdAll(budget, [400]);
    await assert.rejects(
      budget.spend(announcing(undefined), async () => assert.fail('it began')),
      REFUSED,
    );
    await Promise.all(holders.map(({ end }) => end()));
  });

  it('does not begin the work of a body that is announced as too large', async () => {
    const budget = createBodyBudget(TOTAL);
    const holders = await holdAll(budget, [400]);
    let begun = false;
    await assert.rejects(
      budget.spend(announcing(100), async () => {
        begun = true;
      }),
      REFUSED,
    );
    assert.equal(begun, false);
    await Promise.all(holders.map(({ end }) => end()));
  });
});
