import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createImportWriter, type WriteCalls } from '../../../../app/census/imports/intake/import_writer.js';
import type { RowChunk } from '../../../../app/census/imports/intake/parse.js';

const CHUNK: RowChunk = { rows: new Uint8Array([0x90]), bytes: 1 };
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
