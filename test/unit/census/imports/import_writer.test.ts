import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createImportWriter, type WriteCalls } from '../../../../app/census/imports/intake/import_writer.js';
import type { RowChunk } from '../../../../app/census/imports/intake/parse.js';

const CHUNK: RowChunk = { rows: new Uint8Array([0x90]), bytes: 1, isLast: false };
const unexpected = () => Promise.reject(new Error('not expected here'));

/** As the database answers when the first chunk finds no room: what follows it is refused first. */
const NO_ROOM: WriteCalls = {
  create: unexpected,
  newToken: () => 1,
  async stage() {
    for (let i = 0; i < 3; i++) await turn();
    throw new Error('OUT_OF_MEMORY');
  },
  append: () => Promise.reject(new Error('IMPORT_NOT_STAGED')),
  publish: () => Promise.reject(new Error('IMPORT_NOT_STAGED')),
  discard: unexpected,
};

describe('an import whose first chunk is refused', () => {
  for (const chunks of [2, 3, 8]) {
    it(`fails for the reason of that one, not of those that follow it: ${chunks} chunks`, async () => {
      const writer = createImportWriter(NO_ROOM, () => assert.fail('it is not staged'));
      const write = async () => {
        for (let i = 0; i < chunks; i++) await writer.add(CHUNK);
        return writer.finish({ citizenCount: chunks, bytes: chunks });
      };
      await assert.rejects(write, /OUT_OF_MEMORY/);
      await writer.discard();
    });
  }
});

/** Remembers the calls; each succeeds. */
function createRecorder() {
  const made: string[] = [];
  const note = async (name: string) => {
    made.push(name);
  };
  const calls: WriteCalls = {
    create: () => note('create').then(() => 7),
    newToken: () => 1,
    stage: () => note('stage').then(() => 7),
    append: () => note('append'),
    publish: () => note('publish'),
    discard: () => note('discard'),
  };
  return { made, writer: createImportWriter(calls, () => {}) };
}

describe('how the chunks of an import are written', () => {
  it('a single one in one transaction', async () => {
    const { made, writer } = createRecorder();
    await writer.add({ ...CHUNK, isLast: true });
    assert.deepEqual(made, []);
    assert.equal(await writer.finish({ citizenCount: 1, bytes: 1 }), 7);
    assert.deepEqual(made, ['create']);
  });

  it('the first of several is staged as soon as it comes, not when the second does', async () => {
    const { made, writer } = createRecorder();
    await writer.add(CHUNK);
    assert.deepEqual(made, ['stage']);
    await writer.add({ ...CHUNK, isLast: true });
    assert.equal(await writer.finish({ citizenCount: 2, bytes: 2 }), 7);
    assert.deepEqual(made, ['stage', 'append', 'publish']);
  });
});
