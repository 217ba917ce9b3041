/**
 * UTF-8 bytes to be written as a string. Lua reads them unchanged; Tarantool 3 would turn binary data into another
 * type.
 */
export class ByteString {
  readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** The same in parts that are sent as they are, without a copy: they must not change before the reply has arrived. */
export class ByteParts {
  readonly parts: readonly Uint8Array[];
  constructor(parts: readonly Uint8Array[]) {
    this.parts = parts;
  }
}

export function byteLengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

/** Parts that belong into a text of bytes before its byte `place`. */
export type PartsAt = { place: number; parts: readonly Uint8Array[] };

/** The bytes as several buffers, with all parts between them. `between`: in the order of their places. */
export function interleave(bytes: Uint8Array, between: readonly PartsAt[]): Uint8Array[] {
  const all: Uint8Array[] = [];
  let from = 0;
  for (const { place, parts } of between) {
    all.push(bytes.subarray(from, place), ...parts);
    from = place;
  }
  all.push(bytes.subarray(from));
  return all.filter(({ length }) => length > 0);
}
