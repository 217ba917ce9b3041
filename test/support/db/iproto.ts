import type { Socket } from 'node:net';
import { createFrameParser, type Frame } from '../../../app/db/wire/frames.js';
import { createWriter, type MsgpackInput } from '../../../app/db/wire/msgpack.js';

/** Codes of Tarantool's protocol, including some that the service does not use. */
export const REQUESTS = {
  select: 0x01,
  insert: 0x02,
  replace: 0x03,
  update: 0x04,
  delete: 0x05,
  eval: 0x08,
  upsert: 0x09,
  call: 0x0a,
  execute: 0x0b,
} as const;

export const KEYS = {
  space: 0x10,
  index: 0x11,
  limit: 0x12,
  offset: 0x13,
  iterator: 0x14,
  key: 0x20,
  tuple: 0x21,
  procedure: 0x22,
  expression: 0x27,
  operations: 0x28,
  sql: 0x40,
  bind: 0x41,
} as const;

export type Body = Partial<Record<keyof typeof KEYS, MsgpackInput>>;

function encode(type: number, sync: number, body: Body): Buffer {
  const writer = createWriter();
  writer.mapHeader(2);
  for (const part of [0, type, 1, sync]) writer.integer(part);
  const fields = Object.entries(body) as [keyof typeof KEYS, MsgpackInput][];
  writer.mapHeader(fields.length);
  for (const [name, value] of fields) {
    writer.integer(KEYS[name]);
    writer.value(value);
  }
  const request = writer.take();
  const length = Buffer.alloc(5);
  length[0] = 0xce;
  length.writeUInt32BE(request.length, 1);
  return Buffer.concat([length, request]);
}

/** Sends any request of the protocol on a socket past its greeting, one at a time; rejects if the socket closes. */
export function createRequester(socket: Socket): (type: keyof typeof REQUESTS, body: Body) => Promise<Frame> {
  let sync = 0;
  let settle: ((frame: Frame) => void) | undefined;
  let fail: ((reason: Error) => void) | undefined;
  socket.once('close', () => fail?.(new Error('Tarantool closed the connection')));
  socket.on(
    'data',
    createFrameParser((frame) => settle?.(frame)),
  );
  return (type, body) =>
    new Promise((resolve, reject) => {
      settle = resolve;
      fail = reject;
      sync++;
      socket.write(encode(REQUESTS[type], sync, body));
    });
}
