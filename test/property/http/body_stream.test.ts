import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { readWindows } from '../../../app/http/bodies/body_stream.js';
import { type ContentDecoding, DECODINGS } from '../../../app/http/bodies/content_encoding.js';
import { startBodyServer } from '../../support/http/body_server.js';
import { openRaw, requestHead } from '../../support/http/raw_http.js';
import { runs } from '../../support/random.js';

type Encode = (bytes: Uint8Array) => Buffer;
const { zstdCompressSync } = zlib as { zstdCompressSync?: Encode };
const ENCODERS: Partial<Record<ContentDecoding, Encode>> = {
  identity: (bytes) => Buffer.from(bytes),
  gzip: (bytes) => zlib.gzipSync(bytes),
  deflate: (bytes) => zlib.deflateSync(bytes),
  br: (bytes) => zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
  ...(zstdCompressSync && { zstd: zstdCompressSync }),
};

/** Bytes that compress well or badly, from none to several windows. */
const anyBytes = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 400 }), fc.integer({ min: 1, max: 300 }))
  .map(([piece, times]) => Buffer.concat(Array.from({ length: times }, () => piece)));
const anyCuts = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 8 });

function inPieces(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += (pieces.at(-1) as Buffer).length) {
    pieces.push(bytes.subarray(at, at + (sizes[pieces.length % sizes.length] as number)));
  }
  return pieces;
}

describe('the windows of a body', () => {
  for (const decoding of DECODINGS) {
    const encode = ENCODERS[decoding] as Encode;
    it(`hold what was sent, whatever it is and however it is cut: ${decoding}`, async () => {
      let windowBytes = 1;
      let windows: Buffer<ArrayBuffer>[] = [];
      const server = await startBodyServer(async (request: IncomingMessage) => {
        windows = [];
        for await (const window of readWindows(request, { decoding, limitBytes: 1_000_000, windowBytes })) {
          windows.push(window);
        }
      });
      const connection = openRaw(server.port);
      connection.socket.setNoDelay(true);
      try {
        await fc.assert(
          fc.asyncProperty(
            anyBytes,
            anyCuts,
            fc.integer({ min: 1, max: 50_000 }),
            fc.boolean(),
            async (bytes, cuts, size, isChunked) => {
              windowBytes = Math.max(size, Math.ceil(bytes.length / 1_000));
              const encoded = encode(bytes);
              const length = isChunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': encoded.length };
              connection.send(requestHead('POST /', length));
              for (const piece of inPieces(encoded, cuts)) {
                if (isChunked) connection.send(`${piece.length.toString(16)}\r\n`);
                connection.send(piece);
                if (isChunked) connection.send('\r\n');
                // Yields to the event loop, so that pieces arrive separately.
                await new Promise(setImmediate);
              }
              if (isChunked) connection.send('0\r\n\r\n');
              const answer = await connection.answer();
              assert.equal(answer.status, 200, answer.body);
              assert.ok(bytes.equals(Buffer.concat(windows)));
              assert.ok(windows.slice(0, -1).every((window) => window.length === windowBytes));
              assert.equal(new Set(windows.map(({ buffer }) => buffer)).size, windows.length);
              assert.ok(windows.every(({ byteOffset }) => byteOffset === 0));
            },
          ),
          runs(40, 1_000),
        );
      } finally {
        connection.socket.destroy();
        await server.stop();
      }
    });
  }
});
