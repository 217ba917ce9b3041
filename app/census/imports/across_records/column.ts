/** 32 KB: cheap for an import of one citizen, and a million citizens make 250 segments per column. */
const SEGMENT_BITS = 12;
const SEGMENT_LENGTH = 1 << SEGMENT_BITS;

export type Column = {
  push(value: number): void;
  at(place: number): number;
  length(): number;
  /** Bytes of memory. */
  heldBytes(): number;
};

/** Numbers in segments, so that growing copies nothing: an array that doubles needs three times its length meanwhile. */
export function createColumn(): Column {
  const segments: Float64Array[] = [];
  let length = 0;
  return {
    push(value) {
      const offset = length & (SEGMENT_LENGTH - 1);
      if (offset === 0) segments.push(new Float64Array(SEGMENT_LENGTH));
      (segments[length >> SEGMENT_BITS] as Float64Array)[offset] = value;
      length++;
    },
    at: (place) => (segments[place >> SEGMENT_BITS] as Float64Array)[place & (SEGMENT_LENGTH - 1)] as number,
    length: () => length,
    heldBytes: () => segments.length * SEGMENT_LENGTH * Float64Array.BYTES_PER_ELEMENT,
  };
}
