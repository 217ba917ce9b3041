import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { PROCEDURES } from '../../../app/census/imports/procedures.js';
import type { Client } from '../../../app/db/client.js';
import { ByteString } from '../../../app/db/wire/msgpack.js';
import { packRows } from '../../support/census/rows.js';
import { closeClients, connectClient, outcomeOf } from '../../support/db/db_client.js';
import { INSPECT, INSPECT_SCRIPT } from '../../support/db/inspect.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { type BadNet, startBadNet } from '../../support/http/bad_net.js';
import { until } from '../../support/until.js';

/** Longer than any test, so that a call never ends by itself. */
const FOREVER_SECONDS = 600;

describe('the fenced client on a connection that suffers', () => {
  let tarantool: RunningTarantool;
  let proxy: BadNet;
  before(async () => {
    tarantool = await startTarantool({ script: INSPECT_SCRIPT });
  });
  after(() => tarantool.end('SIGKILL'));
  beforeEach(async () => {
    proxy = await startBadNet(tarantool.address);
  });
  afterEach(async () => {
    await closeClients();
    await proxy.close();
  });

  const timesRun = async (client: Client, tag: string) => {
    const [times] = await client.call(INSPECT.notes, []);
    return times.get(tag) ?? 0;
  };
  /** Resolves once Tarantool is processing the calls with these tags. */
  const untilRunning = async (tags: readonly string[]) => {
    const witness = await connectClient({ address: tarantool.address });
    await until('the calls have reached Tarantool', async () => {
      const [times] = await witness.call(INSPECT.notes, []);
      return tags.every((tag) => times.has(tag));
    });
  };

  async function answersAllRight(client: Client, calls: number, bytes: number): Promise<void> {
    const tags = Array.from({ length: calls }, (_, place) => `<${place}>`);
    const answers = await Promise.all(tags.map((tag) => client.call(INSPECT.blob, [tag, bytes])));
    answers.forEach(([text], place) => {
      const tag = tags[place] as string;
      assert.ok(text === tag.repeat(Math.ceil(bytes / tag.length)).slice(0, bytes), `the answer to call ${tag}`);
    });
  }

  it('reads the replies that wait in the socket before it gives calls up, when its own event loop was held', async () => {
    const client = await connectClient({ address: tarantool.address, deadlineMs: 200 });
    const call = client.call(INSPECT.noteAsRead, ['held', 0.1]);
    // The call is sent in the next turn; then the event loop is blocked until long after its deadline.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    const until = performance.now() + 600;
    while (performance.now() < until);
    assert.equal(await outcomeOf(call), 'ok');
    assert.equal(client.use().connectionsMade, 1);
  });

  it('gives each of 1,000 calls at once its own reply of 200 KB, over a Unix socket', async () => {
    await answersAllRight(await connectClient({ address: tarantool.address }), 1000, 200_000);
  });

  it('gives each of 1,000 calls at once its own reply of 200 KB, over TCP', async () => {
    await answersAllRight(await connectClient({ address: proxy.address }), 1000, 200_000);
    assert.equal(proxy.connectionCount(), 1);
  });

  const pieces: [why: string, sizes: number[], calls: number, bytes: number][] = [
    ['a byte at a time: the greeting, the authentication and every length are cut everywhere', [1], 20, 50],
    ['four, so that lengths of five bytes come in two', [4], 50, 300],
    ['one more and one less than the greeting of 128 bytes', [129, 127], 200, 1_000],
    ['odd and coprime, so that every place is a cut some time', [7, 1, 4093, 13, 65_537], 200, 100_000],
  ];
  for (const [why, sizes, calls, bytes] of pieces) {
    it(`reads a stream cut into pieces of ${sizes.join(', ')} bytes (${why})`, async () => {
      proxy.rechunk(sizes);
      await answersAllRight(await connectClient({ address: proxy.address }), calls, bytes);
      assert.equal(proxy.connectionCount(), 1);
    });
  }

  it('rejects all calls in flight at once when it is cut, writes as unknown and reads as not done', async () => {
    const client = await connectClient({ address: proxy.address });
    const tags = Array.from({ length: 40 }, (_, place) => `cut ${place}`);
    const outcomes = tags.map((tag, place) =>
      outcomeOf(client.call(place % 2 === 0 ? INSPECT.note : INSPECT.noteAsRead, [tag, FOREVER_SECONDS])),
    );
    await untilRunning(tags);
    proxy.cut();
    assert.deepEqual(
      await Promise.all(outcomes),
      tags.map((_, place) => (place % 2 === 0 ? 'OUTCOME_UNKNOWN' : 'DATABASE_AWAY')),
    );
  });

  it('says at once that the database is away while there is no connection, and comes back by itself', async () => {
    const client = await connectClient({ address: proxy.address });
    for (let cuts = 1; cuts <= 5; cuts++) {
      proxy.cut();
      await until('the cut is noticed', () => client.state() === 'connecting');
      assert.equal(await outcomeOf(client.call(INSPECT.note, ['while away', 0])), 'DATABASE_AWAY');
      await client.whenReady(10_000);
      await answersAllRight(client, 10, 1_000);
      assert.equal(proxy.connectionCount(), 1 + cuts);
    }
    assert.equal(await timesRun(client, 'while away'), 0);
  });

  it('never sends a call twice, whatever becomes of it', async () => {
    const client = await connectClient({ address: proxy.address });
    const outcomes = new Map<string, string>();
    for (let round = 0; round < 12; round++) {
      await client.whenReady(10_000);
      const calls = Array.from({ length: 60 }, async (_, place) => {
        const tag = `once ${round} ${place}`;
        outcomes.set(tag, await outcomeOf(client.call(INSPECT.note, [tag, place % 3 === 0 ? 0.01 : 0])));
      });
      // The rounds are cut at different moments: before everything is sent, in progress, and after some answers.
      for (let turn = 0; turn < round; turn++) await new Promise(setImmediate);
      proxy.cut();
      await Promise.all(calls);
    }
    // Uses a separate connection: the client may only now notice the last cut.
    const witness = await connectClient({ address: tarantool.address });
    const [times] = await witness.call(INSPECT.notes, []);
    const twice = [...outcomes.keys()].filter((tag) => (times.get(tag) ?? 0) > 1);
    const missing = [...outcomes].filter(([tag, outcome]) => outcome === 'ok' && times.get(tag) !== 1);
    const refused = [...outcomes].filter(([tag, outcome]) => outcome === 'DATABASE_AWAY' && times.has(tag));
    assert.deepEqual({ twice, missing, refused }, { twice: [], missing: [], refused: [] });
    assert.ok([...outcomes.values()].includes('OUTCOME_UNKNOWN'));
  });

  it('takes a connection on which nothing comes by the deadline for dead and replaces it', async () => {
    const client = await connectClient({ address: proxy.address });
    await answersAllRight(client, 3, 1_000);
    proxy.swallow();
    const write = outcomeOf(client.call(INSPECT.note, ['swallowed', 0], { deadlineMs: 200 }));
    const read = outcomeOf(client.call(INSPECT.noteAsRead, ['swallowed', 0], { deadlineMs: 30_000 }));
    assert.equal(await write, 'OUTCOME_UNKNOWN');
    assert.equal(await read, 'DATABASE_AWAY', 'what else was on the dead connection has ended with it');
    await client.whenReady(10_000);
    assert.equal(proxy.connectionCount(), 2);
    await answersAllRight(client, 3, 1_000);
    assert.equal(await timesRun(client, 'swallowed'), 0);
  });

  it('keeps a connection that others get answers on when one call is over its time; the late reply does no harm', async () => {
    const client = await connectClient({ address: proxy.address });
    const slow = Array.from({ length: 30 }, (_, place) =>
      outcomeOf(client.call(INSPECT.note, [`late ${place}`, 0.6], { deadlineMs: 300 })),
    );
    let answered = 0;
    const isOver = Promise.all(slow);
    let goesOn = true;
    void isOver.then(() => {
      goesOn = false;
    });
    while (goesOn) {
      await answersAllRight(client, 5, 500);
      answered++;
    }
    assert.ok(answered > 0);
    assert.deepEqual(new Set(await isOver), new Set(['OUTCOME_UNKNOWN']));
    // A call of the same duration, sent later, is answered after their late replies have arrived.
    await client.call(INSPECT.note, ['after the late ones', 0.6]);
    await answersAllRight(client, 50, 500);
    assert.equal(proxy.connectionCount(), 1);
  });

  it('refuses calls beyond those that may wait, and never runs them', async () => {
    const client = await connectClient({ address: proxy.address, maxInFlight: 3, maxWaiting: 5 });
    const outcomes = Array.from({ length: 12 }, (_, place) =>
      outcomeOf(client.call(INSPECT.note, [`many ${place}`, 0.1])),
    );
    assert.deepEqual(await Promise.all(outcomes), [...Array(8).fill('ok'), ...Array(4).fill('DATABASE_OVERLOADED')]);
    const [times] = await client.call(INSPECT.notes, []);
    const ran = [...times.keys()].filter((tag) => tag.startsWith('many '));
    assert.equal(ran.length, 8);
  });

  it('gives up on a call that found no place in time, and never runs it', async () => {
    const client = await connectClient({ address: proxy.address, maxInFlight: 1 });
    const first = outcomeOf(client.call(INSPECT.note, ['takes the place', 1]));
    const waits = outcomeOf(client.call(INSPECT.note, ['waits too long', 0], { deadlineMs: 100 }));
    assert.equal(await waits, 'DATABASE_OVERLOADED');
    assert.equal(await first, 'ok');
    assert.equal(await timesRun(client, 'waits too long'), 0);
  });

  it('goes on after the net stood still for less than the deadline, on the same connection', async () => {
    const client = await connectClient({ address: proxy.address });
    proxy.hold();
    const calls = answersAllRight(client, 800, 1_000);
    await untilRunning([]);
    proxy.release();
    await calls;
    assert.equal(proxy.connectionCount(), 1);
  });

  const garbage: [why: string, bytes: Buffer][] = [
    ['no length begins so', Buffer.from([0xc1, 0xc1, 0xc1])],
    ['a frame of 4 GB', Buffer.from([0xce, 0xff, 0xff, 0xff, 0xff])],
    ['a frame that is no header', Buffer.from([0x03, 0x01, 0x02, 0x03])],
    ['a header that ends within', Buffer.from([0x02, 0x82, 0x00])],
    ['an empty frame', Buffer.from([0x00])],
  ];
  for (const [why, bytes] of garbage) {
    it(`replaces a connection on which nonsense comes (${why})`, async () => {
      const client = await connectClient({ address: proxy.address });
      const call = outcomeOf(client.call(INSPECT.note, [`beside nonsense: ${why}`, FOREVER_SECONDS]));
      await untilRunning([`beside nonsense: ${why}`]);
      proxy.inject(bytes);
      assert.equal(await call, 'OUTCOME_UNKNOWN');
      await client.whenReady(10_000);
      await answersAllRight(client, 3, 1_000);
    });
  }

  it('lets calls in flight finish when it is closed, and takes no new ones', async () => {
    const client = await connectClient({ address: proxy.address });
    const under = outcomeOf(client.call(INSPECT.note, ['under way at the close', 0.3]));
    const closed = client.close(20_000);
    assert.equal(await outcomeOf(client.call(INSPECT.note, ['after the close', 0])), 'DATABASE_AWAY');
    assert.equal(await under, 'ok');
    await closed;
    assert.equal(client.state(), 'closed');
    await assert.rejects(client.whenReady(1_000), /closed/);
    await client.close();
  });

  it('cuts what is still in flight when the grace at its close is over', async () => {
    const client = await connectClient({ address: proxy.address });
    const under = outcomeOf(client.call(INSPECT.note, ['longer than the grace', FOREVER_SECONDS]));
    await untilRunning(['longer than the grace']);
    await client.close(50);
    assert.equal(await under, 'OUTCOME_UNKNOWN');
  });

  it('leaves nothing of a staged import whose connection was lost, while Tarantool lives on', async () => {
    const witness = await connectClient({ address: tarantool.address });
    const chunks = packRows(makeCitizens(2000, 0)).map((chunk) => new ByteString(chunk));
    const [first, second] = chunks as [ByteString, ByteString];
    for (let round = 0; round < 10; round++) {
      const client = await connectClient({ address: proxy.address });
      const staging = Array.from({ length: 5 }, async () => {
        const [importId] = await client.call(PROCEDURES.stageImport, [first, 0, null, null, null]);
        await client.call(PROCEDURES.appendToImport, [importId, second, 0, null, null]);
      });
      // Cut when some but not all chunks are certain to be staged.
      await Promise.race(round % 2 === 0 ? staging : [client.call(INSPECT.blob, ['x', 1])]);
      proxy.cut();
      await Promise.allSettled(staging);
      await client.close(0);
    }
    await until('the staged imports are swept', async () => {
      const leftovers = await witness.call(INSPECT.leftovers, []);
      return leftovers.every((count) => count === 0);
    });
  });
});
