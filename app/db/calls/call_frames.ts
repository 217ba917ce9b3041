import { fromBox, fromLua } from '../errors.js';
import { byteLengthOf } from '../wire/byte_parts.js';
import type { Frame } from '../wire/frames.js';
import { createWriter, decode, decodeArrayHeader, type MsgpackInput, type MsgpackValue } from '../wire/msgpack.js';

const REQUEST_CALL = 0x0a;
const KEY_CODE = 0x00;
const KEY_SYNC = 0x01;
const KEY_ARGUMENTS = 0x21;
const KEY_PROCEDURE = 0x22;
const KEY_DATA = 0x30;
const MAP_OF_ONE = 0x81;
const MSGPACK_TRUE = 0xc3;
/** Up to this size, copying a request into one buffer costs less than writing two to the socket. */
const MAX_COPIED_BYTES = 4096;

/** Encodes a call as the buffers to write to the socket: the length and the request, joined when they are short. */
export function encodeCall(name: string, args: readonly MsgpackInput[], sync: number): Uint8Array[] {
  const writer = createWriter();
  writer.mapHeader(2);
  writer.integer(KEY_CODE);
  writer.integer(REQUEST_CALL);
  writer.integer(KEY_SYNC);
  writer.integer(sync);
  writer.mapHeader(2);
  writer.integer(KEY_PROCEDURE);
  writer.string(name);
  writer.integer(KEY_ARGUMENTS);
  writer.value(args);
  const request = writer.takeParts();
  const bytes = byteLengthOf(request);
  const length = Buffer.alloc(5);
  length[0] = 0xce;
  length.writeUInt32BE(bytes, 1);
  return bytes <= MAX_COPIED_BYTES ? [Buffer.concat([length, ...request])] : [length, ...request];
}

/**
 * The return values of a call. With `leavesLastPacked`, the last one is left as its MessagePack bytes.
 * @throws ServiceError when Tarantool or the procedure returned an error
 */
export function readEnvelope(frame: Frame, leavesLastPacked: boolean): MsgpackValue[] {
  if (frame.code !== 0) throw fromBox(frame);
  const [ok, ...values] = leavesLastPacked ? readAllButLast(frame.body) : readAll(frame.body);
  if (ok === true) return values;
  throw fromLua(values[0], values[1]);
}

function readAll(body: Buffer): MsgpackValue[] {
  const { value } = decode(body);
  const data = value instanceof Map ? value.get(KEY_DATA) : undefined;
  if (!Array.isArray(data)) throw new Error('a reply without data');
  return data;
}

/** The body is a map with one key, so all bytes after the last but one value are the last value. */
function readAllButLast(body: Buffer): MsgpackValue[] {
  if (body[0] !== MAP_OF_ONE || body[1] !== KEY_DATA) throw new Error('a reply without data');
  const { length, end } = decodeArrayHeader(body, 2);
  if (body[end] !== MSGPACK_TRUE) return readAll(body);
  const values: MsgpackValue[] = [];
  let at = end;
  while (values.length < length - 1) {
    const decoded = decode(body, at);
    values.push(decoded.value);
    at = decoded.end;
  }
  values.push(body.subarray(at));
  return values;
}
