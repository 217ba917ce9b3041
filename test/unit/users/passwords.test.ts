import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { verify } from '@node-rs/argon2';
import { hasCode } from '../../../app/errors.js';
import { createPasswords } from '../../../app/users/passwords.js';

describe('passwords', () => {
  it('are hashed by argon2id, another hash each time', async () => {
    const { inTurn } = createPasswords();
    const [one, two] = await Promise.all([1, 2].map(() => inTurn((hasher) => hasher.hash('secret123'))));
    assert.match(one as string, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    assert.notEqual(one, two);
    assert.equal(await inTurn((hasher) => hasher.matches('secret123', one)), true);
    assert.equal(await inTurn((hasher) => hasher.matches('secret124', one)), false);
  });

  it('are compared once whether there is a hash or not, under the same parameters', async () => {
    const compared: string[] = [];
    const { inTurn } = createPasswords((hash, password) => {
      compared.push(String(hash));
      return verify(hash, password);
    });
    const stored = await inTurn((hasher) => hasher.hash('secret123'));
    await inTurn((hasher) => hasher.matches('wrong', stored));
    assert.equal(compared.length, 1);
    assert.equal(await inTurn((hasher) => hasher.matches('the hash of nobody', undefined)), false);
    assert.equal(compared.length, 2);
    const parametersOf = (hash: string | undefined) => hash?.split('$').slice(0, 4);
    assert.deepEqual(parametersOf(compared[1]), parametersOf(stored));
  });

  it('take turns: two at once, in order, and a turn ends with its work, good or bad', async () => {
    const { inTurn } = createPasswords();
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const turns = Array.from({ length: 5 }, (_, place) =>
      inTurn(async () => {
        begun.push(place);
        await new Promise<void>((resolve) => ends.push(resolve));
        if (place === 1) throw new Error('bad');
      }).catch(() => 'bad'),
    );
    await Promise.resolve();
    assert.deepEqual(begun, [0, 1]);
    ends[1]?.();
    assert.equal(await turns[1], 'bad');
    assert.deepEqual(begun, [0, 1, 2]);
    ends[0]?.();
    await turns[0];
    assert.deepEqual(begun, [0, 1, 2, 3]);
    for (const place of [2, 3]) {
      ends[place]?.();
      await turns[place];
    }
    ends[4]?.();
    await turns[4];
    assert.equal(await inTurn(async () => 'free again'), 'free again');
  });

  it('are refused when a thousand wait', async () => {
    const { inTurn } = createPasswords();
    const ends: (() => void)[] = [];
    const turns = Array.from({ length: 1_002 }, () => inTurn(() => new Promise<void>((resolve) => ends.push(resolve))));
    await assert.rejects(
      inTurn(async () => {}),
      (reason) => hasCode(reason, 'SERVICE_BUSY'),
    );
    let isOver = false;
    const all = Promise.all(turns).then(() => {
      isOver = true;
    });
    while (!isOver) {
      for (const end of ends.splice(0)) end();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await all;
  });
});
