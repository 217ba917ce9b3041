import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { addFirstAdmin } from '../../../app/users/first_admin.js';
import { makeFolder } from '../../support/folder.js';

/** Users in a database that stores only the first administrator's token. */
function emptyUsers() {
  const added: string[] = [];
  return {
    added,
    hasUsers: async () => added.length > 0,
    addFirstAdmin: async (token: string) => {
      if (added.length > 0) return false;
      added.push(token);
      return true;
    },
  };
}

describe("the first administrator's token", () => {
  it('is the one in the file, also of two that begin at once, and nothing else is left in the folder', async () => {
    for (let round = 0; round < 20; round++) {
      const dataDir = join(makeFolder(), 'not there yet');
      const users = emptyUsers();
      const answers = await Promise.all([addFirstAdmin(users, dataDir), addFirstAdmin(users, dataDir)]);
      const file = join(dataDir, 'admin-token');
      assert.deepEqual(
        answers.filter((answer) => answer !== undefined),
        [file],
      );
      assert.deepEqual(users.added, [readFileSync(file, 'utf8').trim()]);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(dataDir), ['admin-token']);
    }
  });

  it('is used again when the start before ended between file and database; half of one is replaced', async () => {
    for (const [content, isKept] of [
      [`${'ab'.repeat(20)}\n`, true],
      ['abab', false],
      ['', false],
    ] as const) {
      const dataDir = makeFolder();
      const file = join(dataDir, 'admin-token');
      writeFileSync(file, content);
      const users = emptyUsers();
      assert.equal(await addFirstAdmin(users, dataDir), file);
      const written = readFileSync(file, 'utf8');
      assert.equal(written === content, isKept);
      assert.deepEqual(users.added, [written.trim()]);
    }
  });

  it('is not written where there are users', async () => {
    const dataDir = makeFolder();
    assert.equal(await addFirstAdmin({ ...emptyUsers(), hasUsers: async () => true }, dataDir), undefined);
    assert.deepEqual(readdirSync(dataDir), []);
  });
});
