import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { useService } from '../../support/suite.js';

const BODY_BYTES = 20 * 1024 * 1024;
const TRIES = 12;

/** Sends a whole request of 20 MB that is refused after its headers, and reads only afterwards. */
async function sendAll(port: number, version: string, connection: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  let failure: Error | undefined;
  socket.on('error', (reason) => {
    failure = reason;
  });
  socket.pause();
  const head = [
    'POST /imports HTTP/1.1',
    'Host: localhost',
    'Content-Type: text/plain',
    `Content-Length: ${BODY_BYTES}`,
  ];
  socket.write(`${[head[0]?.replace('1.1', version), ...head.slice(1), connection].join('\r\n')}\r\n\r\n`);
  const piece = Buffer.alloc(64 * 1024, ' ');
  for (let sent = 0; sent < BODY_BYTES && failure === undefined; sent += piece.length) {
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
  }
  let received = '';
  socket.setEncoding('latin1').on('data', (text) => {
    received += text;
  });
  socket.resume().end();
  if (!socket.closed) await once(socket, 'close');
  return failure === undefined ? received : String(failure);
}

describe('an answer that comes before the body is whole', () => {
  const service = useService();
  for (const [version, connection] of [
    ['1.1', 'Connection: close'],
    ['1.0', 'Connection: close'],
  ] as const) {
    it(`reaches a client that sends all of it first: HTTP/${version}, ${connection}`, async () => {
      for (let i = 0; i < TRIES; i++)
        assert.match(await sendAll(service.port, version, connection), /^HTTP\/1\.1 415 /);
    });
  }
});
