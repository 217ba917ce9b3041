import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { createImportsRepository } from '../../../app/census/imports/repository.js';
import type { Client } from '../../../app/db/client.js';
import { packRows } from '../../support/census/rows.js';
import { closeClients, connectClient, outcomeOf } from '../../support/db/db_client.js';
import { INSPECT, INSPECT_SCRIPT, untilSwept } from '../../support/db/inspect.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';

/** Writes an import as the service does. */
async function writeAll(db: Client, chunks: Uint8Array<ArrayBuffer>[], citizenCount: number): Promise<void> {
  const writer = createImportsRepository(db).createWriter(() => {});
  try {
    for (const [place, rows] of chunks.entries()) {
      // A copy: the writer frees the memory of what it has stored.
      await writer.add({ rows: rows.slice(), bytes: rows.length, isLast: place === chunks.length - 1 });
    }
    await writer.finish({ citizenCount, bytes: 0 });
  } catch (reason) {
    await writer.discard();
    throw reason;
  }
}

describe('an import in chunks that fails while its connection lives on', () => {
  let tarantool: RunningTarantool;
  let db: Client;
  before(async () => {
    tarantool = await startTarantool({ script: INSPECT_SCRIPT });
    db = await connectClient({ address: tarantool.address });
  });
  after(async () => {
    await closeClients();
    await tarantool.end('SIGKILL');
  });

  const good = packRows(makeCitizens(2500, 100));
  const cases: [why: string, chunks: Uint8Array<ArrayBuffer>[], citizenCount: number][] = [
    ['a later chunk is refused: it repeats the first', [...good, good[0] as Uint8Array<ArrayBuffer>], 3500],
    ['its publication is refused: the citizens do not add up', good, 2501],
  ];
  for (const [why, chunks, citizenCount] of cases) {
    it(`leaves no row behind (${why})`, async () => {
      assert.equal(await outcomeOf(writeAll(db, chunks, citizenCount)), 'INTERNAL');
      await untilSwept(db);
      assert.deepEqual(await db.call(INSPECT.importIds, []), [[]]);
    });
  }

  it('leaves no row behind (its first chunk was staged when its time was over)', async () => {
    const states: string[] = [];
    const hasty = await connectClient({
      address: tarantool.address,
      deadlineMs: 300,
      onStateChange: (state) => states.push(state),
    });
    await hasty.call(INSPECT.delayAfterCommit, [0.6]);
    const outcome = outcomeOf(writeAll(hasty, good, 2500));
    // An answer meanwhile shows that the connection is alive.
    await hasty.call(INSPECT.blob, ['x', 1]);
    assert.equal(await outcome, 'DATABASE_AWAY');
    await untilSwept(hasty);
    assert.deepEqual(states, ['ready']);
  });
});
