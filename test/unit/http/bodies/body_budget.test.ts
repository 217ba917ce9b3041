import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { type BodyAccount, type BodyBudget, createBodyBudget } from '../../../../app/http/bodies/body_budget.js';

const TOTAL = 400;
const REFUSED = { code: 'TOO_MANY_IMPORTS' };

/** A request that announces this many bytes; undefined: a chunked one. */
function announcing(bytes: number | undefined): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  if (bytes !== undefined) request.headers['content-length'] = String(bytes);
  return request;
}

type Holder = BodyAccount & { end(): Promise<void> };

/** A body that is processed until `end` is called; `take` and `give` change the memory charged to it. */
function hold(budget: BodyBudget, announced: number | undefined): Holder {
  let finish = () => {};
  let account: BodyAccount | undefined;
  const done = budget.spend(
    announcing(announced),
    (given) => {
      account = given;
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    },
    announced ?? 1,
  );
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
  ];
  for (const [held, next, fits, reason] of table) {
    it(`with ${JSON.stringify(held)} in work ${fits ? 'takes' : 'refuses'} ${next}: ${reason}`, async () => {
      const budget = createBodyBudget(TOTAL, { busyCode: 'TOO_MANY_IMPORTS' });
      const holders = await holdAll(budget, held);
      const spending = budget.spend(announcing(next), async ({ take }) => take(next), next);
      await (fits ? spending : assert.rejects(spending, REFUSED));
      await Promise.all(holders.map(({ end }) => end()));
    });
  }

  it('is shared with other processes: what they hold is missing here, and they are told what is held here', async () => {
    const told: number[] = [];
    let othersBytes = 0;
    const shared = { set: (bytes: number) => told.push(bytes), others: () => othersBytes };
    const budget = createBodyBudget(TOTAL, { busyCode: 'TOO_MANY_IMPORTS', shared });
    const [holder] = (await holdAll(budget, [100])) as [Holder];
    othersBytes = 250;
    await assert.rejects(
      budget.spend(announcing(51), async () => {}, 51),
      REFUSED,
    );
    holder.take(50);
    assert.throws(() => holder.take(1), REFUSED);
    assert.deepEqual(budget.use(), { heldBytes: 150, totalBytes: TOTAL });
    othersBytes = 0;
    holder.give(20);
    await holder.end();
    assert.deepEqual(told.at(-1), 0);
    assert.deepEqual(told.slice(0, 3), [100, 150, 130]);
  });

  it('tells how much is held now, of how much', async () => {
    const budget = createBodyBudget(TOTAL, { busyCode: 'TOO_MANY_IMPORTS' });
    const holders = await holdAll(budget, [100, 30]);
    assert.deepEqual(budget.use(), { heldBytes: 130, totalBytes: TOTAL });
    await Promise.all(holders.map(({ end }) => end()));
    assert.equal(budget.use().heldBytes, 0);
  });

  it('is not held by clients that announce much and send nothing', async () => {
    const budget = createBodyBudget(TOTAL, { busyCode: 'TOO_MANY_IMPORTS' });
    const idle = Array.from({ length: 20 }, () => hold(budget, 100));
    await budget.spend(announcing(100), async ({ take }) => take(100), 100);
    await Promise.all(idle.map(({ end }) => end()));
  });

  it('counts a chunked body as it comes, and refuses it when it grows too large', async () => {
    const budget = createBodyBudget(TOTAL, { busyCode: 'TOO_MANY_IMPORTS' });
    const holders = await holdAll(budget, [300]);
    const read: number[] = [];
    await assert.rejects(
      budget.spend(
        announcing(undefined),
        async ({ take }) => {
          for (let part = 0; part < 10; part++) {
            take(60);
            read.push(60);
          }
        },
        1,
      ),
      REFUSED,
    );
    assert.deepEqual(read, [60]);
    await Promise.all(holders.map(({ end }) => end()));
  });

  it('gets back what was spent, after a failure too', async () => {
    const budget = createBodyBudget(TOTAL, { busyCode: 'TOO_MANY_IMPORTS' });
    for (let i = 0; i < 20; i++) {
      await assert.rejects(
        budget.spend(
          announcing(100),
          ({ take }) => {
            take(100);
            return Promise.reject(new Error('broken'));
          },
          100,
        ),
        { message: 'broken' },
      );
    }
    const holders = await holdAll(budget, [100, 100, 100]);
    await budget.spend(announcing(100), async ({ take }) => take(100), 100);
    await Promise.all(holders.map(({ end }) => end()));
  });

  it('counts what is held: what was given back is there for others', async () => {
    const budget = createBodyBudget(TOTAL, { busyCode: 'TOO_MANY_IMPORTS' });
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
    second.take(200);
    await second.end();
    await budget.spend(announcing(400), async ({ take }) => take(400), 400);
  });

  it('gets no more back than was taken', async () => {
    const budget = createBodyBudget(TOTAL, { busyCode: 'TOO_MANY_IMPORTS' });
    const [first, second] = (await holdAll(budget, [300, 100])) as [Holder, Holder];
    second.give(400);
    assert.throws(() => second.take(101), REFUSED);
    await Promise.all([first.end(), second.end()]);
  });

  it('refuses a body that all of it would not do for with a code that says not to try again', async () => {
    const budget = createBodyBudget(TOTAL, { busyCode: 'TOO_MANY_IMPORTS' });
    const [holder] = (await holdAll(budget, [400])) as [Holder];
    assert.throws(() => holder.take(1), { code: 'BODY_TOO_LARGE' });
    await assert.rejects(
      budget.spend(announcing(1000), async () => assert.fail('it began'), 401),
      { code: 'BODY_TOO_LARGE' },
    );
    await holder.end();
  });

  it('keeps a part for small plain bodies alone', async () => {
    const budget = createBodyBudget(TOTAL, { busyCode: 'TOO_MANY_IMPORTS', reservedBytes: 100 });
    const compressed = announcing(10);
    compressed.headers['content-encoding'] = 'br';
    for (const large of [announcing(2 * 1024 * 1024), announcing(undefined), compressed]) {
      await budget.spend(
        large,
        async ({ take, give }) => {
          take(300);
          await assert.rejects(
            budget.spend(large, async () => assert.fail('it began'), 1),
            REFUSED,
          );
          await budget.spend(announcing(10), async (small) => small.take(100), 10);
          assert.throws(() => take(1), { code: 'BODY_TOO_LARGE' });
          give(300);
        },
        1,
      );
    }
    assert.equal(budget.use().heldBytes, 0);
  });

  it('counts nothing for a request whose work has ended', async () => {
    const budget = createBodyBudget(TOTAL, { busyCode: 'TOO_MANY_IMPORTS' });
    let late: BodyAccount | undefined;
    await budget.spend(
      announcing(1),
      async (account) => {
        late = account;
      },
      1,
    );
    late?.take(100);
    assert.equal(budget.use().heldBytes, 0);
  });

  for (const ending of ['answered', 'left'] as const) {
    it(`counts what an answer holds until it is out or the client has gone: ${ending}`, () => {
      const budget = createBodyBudget(TOTAL, { busyCode: 'TOO_MANY_IMPORTS' });
      const socket = new Socket();
      const response = new ServerResponse(new IncomingMessage(socket));
      if (ending === 'answered') response.assignSocket(socket);
      else Object.defineProperty(response, 'socket', { value: socket });
      budget.holdForAnswer(response, 300);
      assert.equal(budget.use().heldBytes, 300);
      if (ending === 'answered') response.emit('finish');
      else socket.emit('close');
      assert.equal(budget.use().heldBytes, 0);
      assert.equal(socket.listeners('close').filter(({ name }) => name.includes('letGo')).length, 0);
    });
  }

  it('asks of a reader that streams only what it says that it may hold, whatever is announced', async () => {
    const budget = createBodyBudget(TOTAL, { busyCode: 'TOO_MANY_IMPORTS' });
    const holders = await holdAll(budget, [300]);
    const stream = (mayHoldBytes: number) => budget.spend(announcing(1_000_000), async () => 'read', mayHoldBytes);
    assert.equal(await stream(100), 'read');
    await assert.rejects(stream(101), REFUSED);
    await Promise.all(holders.map(({ end }) => end()));
  });

  it('does not begin the work of a body of unknown length when it is used up', async () => {
    const budget = createBodyBudget(TOTAL, { busyCode: 'TOO_MANY_IMPORTS' });
    const holders = await holdAll(budget, [400]);
    await assert.rejects(
      budget.spend(announcing(undefined), async () => assert.fail('it began'), 1),
      REFUSED,
    );
    await Promise.all(holders.map(({ end }) => end()));
  });

  it('does not begin the work of a body that is announced as too large', async () => {
    const budget = createBodyBudget(TOTAL, { busyCode: 'TOO_MANY_IMPORTS' });
    const holders = await holdAll(budget, [400]);
    let begun = false;
    await assert.rejects(
      budget.spend(
        announcing(100),
        async () => {
          begun = true;
        },
        100,
      ),
      REFUSED,
    );
    assert.equal(begun, false);
    await Promise.all(holders.map(({ end }) => end()));
  });
});
