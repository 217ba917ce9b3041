import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { PROCEDURES } from '../../../app/census/imports/procedures.js';
import { createImportsRepository } from '../../../app/census/imports/repository.js';
import type { Client } from '../../../app/db/client.js';
import { ByteString } from '../../../app/db/wire/msgpack.js';
import { ServiceError } from '../../../app/errors.js';
import { packRows } from '../../support/census/rows.js';
import { closeClients, connectClient, outcomeOf } from '../../support/db/db_client.js';
import { INSPECT, INSPECT_SCRIPT, untilSwept } from '../../support/db/inspect.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { IS_NIGHTLY } from '../../support/nightly.js';
import { until } from '../../support/until.js';

const KILLS = IS_NIGHTLY ? 60 : 10;
const CLIENTS = 8;
const CITIZENS = 1500;
const [first, second] = packRows(makeCitizens(CITIZENS, 0)).map((chunk) => new ByteString(chunk)) as [
  ByteString,
  ByteString,
];
const FIRST_ROWS = 1000;
let lastToken = 0;

function printOf(key: string): string {
  return `print of ${key}`;
}

/** Stores an import under a key, every other one in chunks; returns the import stored under it, if there is one. */
async function store(db: Client, key: string, isInChunks: boolean): Promise<number> {
  const [stored, fingerprint] = await db.call(PROCEDURES.claimKey, [key, ++lastToken]);
  if (stored !== undefined) {
    assert.equal(fingerprint, printOf(key));
    return stored;
  }
  if (!isInChunks) {
    const [importId] = await db.call(PROCEDURES.createImport, [first, first.bytes.length, key, printOf(key), null]);
    return importId;
  }
  const [importId] = await db.call(PROCEDURES.stageImport, [first, first.bytes.length, null, null, null]);
  await db.call(PROCEDURES.appendToImport, [importId, second, second.bytes.length, null, null]);
  await db.call(PROCEDURES.publishImport, [
    importId,
    CITIZENS,
    first.bytes.length + second.bytes.length,
    key,
    printOf(key),
    null,
  ]);
  return importId;
}

/** Retries, as a client whose answer was lost does, until it gets one. */
async function storeSurely(db: Client, key: string, isInChunks: boolean): Promise<{ importId: number; tries: number }> {
  for (let tries = 1; ; tries++) {
    try {
      return { importId: await store(db, key, isInChunks), tries };
    } catch (reason) {
      const isLoss = reason instanceof ServiceError && ['DATABASE_AWAY', 'OUTCOME_UNKNOWN'].includes(reason.code);
      if (!isLoss) throw reason;
      await db.whenReady(20_000);
    }
  }
}

describe('imports with keys while Tarantool is killed with SIGKILL', () => {
  let tarantool: RunningTarantool;
  let db: Client;
  const importOf = new Map<string, number>();
  let repeatedCount = 0;
  before(async () => {
    tarantool = await startTarantool({ script: INSPECT_SCRIPT });
    db = await connectClient({ address: tarantool.address });
    let isOver = false;
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let number = 0; !isOver; number++) {
        const key = `${client}/${number}`;
        const { importId, tries } = await storeSurely(db, key, number % 2 === 1);
        importOf.set(key, importId);
        if (tries > 1) repeatedCount++;
      }
    });
    for (let kill = 1; kill <= KILLS; kill++) {
      // Each kill waits for a different number of answers, so that it hits different phases of pending requests.
      const enough = importOf.size + CLIENTS + kill;
      await until('imports are stored', () => importOf.size >= enough);
      await tarantool.end('SIGKILL');
      tarantool = await startTarantool({ script: INSPECT_SCRIPT, dataDir: tarantool.dataDir });
    }
    const enough = importOf.size + CLIENTS;
    await until('imports are stored', () => importOf.size >= enough);
    isOver = true;
    await Promise.all(clients);
  });
  after(async () => {
    await closeClients();
    await tarantool.end('SIGKILL');
  });

  it('leave for each key one import, and no import besides: both are there or neither is', async (t) => {
    t.diagnostic(`${importOf.size} keys, ${repeatedCount} of them sent again`);
    assert.ok(repeatedCount > 0, 'some were cut off');
    await untilSwept(db);
    const [importIds] = await db.call(INSPECT.importIds, []);
    assert.deepEqual(
      importIds,
      [...importOf.values()].sort((a, b) => a - b),
    );
  });

  it('leave every key with its import, whole', async () => {
    for (const [key, importId] of importOf) {
      assert.deepEqual(await db.call(PROCEDURES.claimKey, [key, ++lastToken]), [importId, printOf(key)]);
      const [state, citizenCount, bytes, , publishedAt] = await db.call(PROCEDURES.describeImport, [importId]);
      assert.equal(state, 'published');
      assert.ok(publishedAt !== null);
      const isInChunks = citizenCount === CITIZENS;
      assert.equal(citizenCount, isInChunks ? CITIZENS : FIRST_ROWS);
      assert.equal(bytes, first.bytes.length + (isInChunks ? second.bytes.length : 0));
    }
  });

  it('leave no claim behind: one that was lost with its Tarantool can be made again', async () => {
    await db.call(PROCEDURES.claimKey, ['claimed', ++lastToken]);
    assert.equal(await outcomeOf(db.call(PROCEDURES.claimKey, ['claimed', ++lastToken])), 'IDEMPOTENCY_KEY_IN_USE');
    await tarantool.end('SIGKILL');
    tarantool = await startTarantool({ script: INSPECT_SCRIPT, dataDir: tarantool.dataDir });
    await db.whenReady(20_000);
    const create = db.call(PROCEDURES.createImport, [first, 1, 'claimed', 'print', null]);
    assert.equal(
      await outcomeOf(create),
      'DATABASE_AWAY',
      'the claim of the connection before is no claim of this one',
    );
    assert.deepEqual(await db.call(PROCEDURES.claimKey, ['claimed', ++lastToken]), []);
  });
});

describe('a key that was claimed when the time for its claim was over', () => {
  let tarantool: RunningTarantool;
  before(async () => {
    tarantool = await startTarantool({ script: INSPECT_SCRIPT });
  });
  after(async () => {
    await closeClients();
    await tarantool.end('SIGKILL');
  });

  it('is given back, and a claim of somebody else is not', async () => {
    const states: string[] = [];
    const db = await connectClient({
      address: tarantool.address,
      deadlineMs: 300,
      onStateChange: (state) => states.push(state),
    });
    const repository = createImportsRepository(db);
    const other = await repository.claimKey('of another request');
    await db.call(INSPECT.delayClaim, [0.6]);
    const late = outcomeOf(repository.claimKey('late'));
    // An answer meanwhile shows that the connection is alive.
    await db.call(INSPECT.blob, ['x', 1]);
    assert.equal(await late, 'DATABASE_AWAY');
    assert.ok('release' in (await repository.claimKey('late')), 'it is free');
    assert.equal(await outcomeOf(repository.claimKey('of another request')), 'IDEMPOTENCY_KEY_IN_USE');
    assert.ok('release' in other);
    await other.release();
    assert.ok('release' in (await repository.claimKey('of another request')));
    assert.deepEqual(states, ['ready']);
  });
});
