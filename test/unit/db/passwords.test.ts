import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deriveExecutorPassword } from '../../../app/db/passwords.js';

describe("the executors' password, where none is set", () => {
  it('is made of the other one as Tarantool makes it (tarantool/test/process/settings_test.lua)', () => {
    assert.equal(deriveExecutorPassword('p'), 'llg6u66zg9L-EOEzEjIqpw4ZMXBkMM3g');
  });
});
