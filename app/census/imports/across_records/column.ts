/** 32 KB: an import of one citizen must not pay for a million, and a million make 250 pieces a column. */
const SEGMENT_BITS = 12;
const SEGMENT_LENGTH = 1 << SEGMENT_BITS;

export type Column = {
  push(value: number): void;
  at(place: number): number;
  length(): number;
  /** Of memory. */
  heldBytes(): number;
};

/** Numbers in pieces, so that growing copies nothing: an array that doubles needs three times its length while it does. */
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
