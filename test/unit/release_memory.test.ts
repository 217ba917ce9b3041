import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { releaseMemory } from '../../app/release_memory.js';

const BYTES = 64 * 1024 * 1024;

describe('memory outside of the heap', () => {
  it('is freed when its owner is done with it, not at the next collection', { timeout: 60_000 }, async () => {
    const before = process.memoryUsage().arrayBuffers;
    const bytes = Buffer.alloc(BYTES, 1);
    assert.ok(process.memoryUsage().arrayBuffers >= before + BYTES);
    releaseMemory(bytes.buffer);
    assert.equal(bytes.length, 0);
    // A port is not closed before the turn in which it was made ends.
    while (process.memoryUsage().arrayBuffers >= before + BYTES / 2) await turn();
  });

  it('of no length can be freed too', () => {
    releaseMemory(new ArrayBuffer(0));
  });
});
