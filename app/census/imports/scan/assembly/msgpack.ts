// MessagePack, as app/db/wire/msgpack.ts writes it: the shortest form of each value.

/** A whole number from 0 to 2^53. Answers the place behind it. */
// @ts-ignore: decorator
@inline
export function putUint(at: usize, value: u64): usize {
  if (value < 0x80) {
    store<u8>(at, <u8>value);
    return at + 1;
  }
  if (value < 0x100) {
    store<u8>(at, 0xcc);
    store<u8>(at, <u8>value, 1);
    return at + 2;
  }
  if (value < 0x10000) {
    store<u8>(at, 0xcd);
    store<u16>(at, bswap<u16>(<u16>value), 1);
    return at + 3;
  }
  if (value < 0x1_0000_0000) {
    store<u8>(at, 0xce);
    store<u32>(at, bswap<u32>(<u32>value), 1);
    return at + 5;
  }
  store<u8>(at, 0xcf);
  store<u64>(at, bswap<u64>(value), 1);
  return at + 9;
}

/** A text of up to 65,535 bytes. Reads and writes up to 15 bytes more. */
// @ts-ignore: decorator
@inline
export function putText(at: usize, from: usize, end: usize): usize {
  const bytes = <u32>(end - from);
  if (bytes < 32) {
    store<u8>(at, <u8>(0xa0 | bytes));
    at += 1;
  } else if (bytes < 0x100) {
    store<u8>(at, 0xd9);
    store<u8>(at, <u8>bytes, 1);
    at += 2;
  } else {
    store<u8>(at, 0xda);
    store<u16>(at, bswap<u16>(<u16>bytes), 1);
    at += 3;
  }
  let copied: u32 = 0;
  do {
    v128.store(at + copied, v128.load(from + copied));
    copied += 16;
  } while (copied < bytes);
  return at + bytes;
}
