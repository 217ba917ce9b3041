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
/** 0xce and four bytes. */
const LENGTH_BYTES = 5;
const LENGTH_CODE = 0xce;
const LENGTH_PLACE = new Uint8Array(LENGTH_BYTES);

/** For all calls: a call is encoded within one turn. */
const writer = createWriter();

/** Encodes a call as the buffers to write to the socket. */
export function encodeCall(name: string, args: readonly MsgpackInput[], sync: number): Uint8Array[] {
  // An earlier call may have had a value that cannot be encoded.
  writer.clear();
  writer.bytes(LENGTH_PLACE);
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
  const parts = writer.takeParts();
  const head = parts[0] as Buffer;
  head[0] = LENGTH_CODE;
  head.writeUInt32BE(byteLengthOf(parts) - LENGTH_BYTES, 1);
  return parts;
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
