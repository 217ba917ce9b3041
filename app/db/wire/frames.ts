import { decode } from './msgpack.js';

/** One reply. `code` is 0 for success, or 0x8000 | n for box error n. */
export type Frame = { sync: number; code: number; body: Buffer };

/** A longer reply means a corrupt stream: procedures answer in pages of a few MB. */
const MAX_FRAME_BYTES = 1024 * 1024 * 1024;
/**
 * Longer replies get a buffer of their own, which can be transferred to another thread; shorter ones share the chunk in
 * which they arrived.
 */
export const OWN_MEMORY_BYTES = 32 * 1024;
const KEY_CODE = 0x00;
const KEY_SYNC = 0x01;

/** The bytes are not IPROTO; the connection must be closed. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtocolError';
  }
}

type ByteQueue = {
  push(chunk: Buffer): void;
  length(): number;
  /**
   * Removes `bytes` bytes from the front, copied into their own buffer if longer than OWN_MEMORY_BYTES; undefined if
   * there are fewer.
   */
  take(bytes: number): Buffer | undefined;
  /** Returns the first `bytes` bytes without removing them. */
  peek(bytes: number): Buffer | undefined;
};

/** Takes chunks and returns ranges of exact length. Bytes are copied only if the range spans chunks or is long. */
export function createByteQueue(): ByteQueue {
  let chunks: Buffer[] = [];
  let total = 0;

  function front(bytes: number): Buffer | undefined {
    if (total < bytes) return undefined;
    const first = chunks[0];
    if (first !== undefined && first.length >= bytes) return first;
    const joined = Buffer.concat(chunks, total);
    chunks = [joined];
    return joined;
  }

  /** Copies and removes the first `bytes` bytes; later bytes are not moved. */
  function takeCopy(bytes: number): Buffer | undefined {
    if (total < bytes) return undefined;
    const copy = Buffer.allocUnsafeSlow(bytes);
    let at = 0;
    let used = 0;
    while (at < bytes) {
      const chunk = chunks[used] as Buffer;
      const wanted = Math.min(chunk.length, bytes - at);
      at += chunk.copy(copy, at, 0, wanted);
      if (wanted < chunk.length) chunks[used] = chunk.subarray(wanted);
      else used++;
    }
    chunks.splice(0, used);
    total -= bytes;
    return copy;
  }

  return {
    push(chunk) {
      chunks.push(chunk);
      total += chunk.length;
    },
    length: () => total,
    peek: (bytes) => front(bytes)?.subarray(0, bytes),
    take(bytes) {
      if (bytes > OWN_MEMORY_BYTES) return takeCopy(bytes);
      const head = front(bytes);
      if (head === undefined) return undefined;
      total -= bytes;
      if (head.length === bytes) chunks.shift();
      else chunks[0] = head.subarray(bytes);
      return head.subarray(0, bytes);
    },
  };
}

/** Size of the length field, by its first byte: Tarantool writes five bytes, other encoders fewer. */
function lengthBytes(first: number): number {
  if (first <= 0x7f) return 1;
  const size = { 204: 2, 205: 3, 206: 5 }[first];
  if (size === undefined) throw new ProtocolError(`a frame cannot begin with 0x${first.toString(16)}`);
  return size;
}

/**
 * Splits a stream of chunks into replies. The size of the header is read, not assumed: Tarantool 3 sends longer
 * headers.
 * @returns a function that takes a chunk and calls `onFrame` for each completed reply; it throws ProtocolError
 */
export function createFrameParser(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  const queue = createByteQueue();
  let bodyBytes: number | undefined;

  function readLength(): number | undefined {
    const first = queue.peek(1)?.[0];
    if (first === undefined) return undefined;
    const bytes = queue.take(lengthBytes(first));
    if (bytes === undefined) return undefined;
    const { value } = decode(bytes);
    if (typeof value !== 'number' || value > MAX_FRAME_BYTES) throw new ProtocolError(`a frame of ${value} bytes`);
    return value;
  }

  return (chunk) => {
    queue.push(chunk);
    for (;;) {
      bodyBytes ??= readLength();
      if (bodyBytes === undefined) return;
      const bytes = queue.take(bodyBytes);
      if (bytes === undefined) return;
      bodyBytes = undefined;
      onFrame(readFrame(bytes));
    }
  };
}

function readHeader(bytes: Buffer): ReturnType<typeof decode> {
  try {
    return decode(bytes);
  } catch {
    throw new ProtocolError('a header that does not end within its frame');
  }
}

function readFrame(bytes: Buffer): Frame {
  const { value: header, end } = readHeader(bytes);
  if (!(header instanceof Map)) throw new ProtocolError('a frame without a header');
  const code = header.get(KEY_CODE);
  const sync = header.get(KEY_SYNC);
  if (typeof code !== 'number' || typeof sync !== 'number') throw new ProtocolError('a header without code or sync');
  return { code, sync, body: bytes.subarray(end) };
}
