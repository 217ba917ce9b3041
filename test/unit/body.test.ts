import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readBytes } from '../../app/http/body.js';

const LIMIT_BYTES = 100 * 1024 * 1024;

function requestOf(announced: number | undefined): PassThrough & IncomingMessage {
  const headers = announced === undefined ? {} : { 'content-length': String(announced) };
  return Object.assign(new PassThrough(), { headers }) as never;
}

describe('the bytes of a body', () => {
  for (const [why, announced] of [
    ['announced', 3_000_000],
    ['chunked', undefined],
  ] as const) {
    it(`come whole, whatever pieces they come in: ${why}`, async () => {
      const body = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, place) => (place * 7) % 251));
      const request = requestOf(announced);
      const read = readBytes(request, LIMIT_BYTES);
      for (let at = 0, size = 1; at < body.length; at += size, size = Math.min(size * 3, 90_000)) {
        request.write(body.subarray(at, at + size));
      }
      request.end();
      assert.ok(body.equals(await read));
    });
  }

  it('get little room while little of them has come, whatever is announced', async () => {
    const request = requestOf(LIMIT_BYTES);
    const before = process.memoryUsage().arrayBuffers;
    const read = readBytes(request, LIMIT_BYTES);
    request.write(Buffer.alloc(70_000));
    await nextTurn();
    assert.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024);
    request.end();
    assert.equal((await read).length, 70_000);
  });
});
