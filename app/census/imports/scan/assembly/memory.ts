// Where everything lies. The module uses no heap of AssemblyScript: fixed areas come first, then what `allocate` hands out,
// and all of it is given back at once when the next import begins.

/** Relatives of more than this go the other way: searching them one by one would take quadratic time. */
export const MAX_RELATIVES: u32 = 64;
/** A piece of the body that is read at a time. A citizen that does not fit goes the other way. */
const SLICE_BYTES: usize = 65536;
/** 16 bytes are read and written at a time, so up to 15 more than there are. */
const PADDING: usize = 64;
/** 4 texts of 256 characters of 4 bytes, 64 relatives, and headers, with room to spare. */
const MAX_ROW_BYTES: usize = 8192;

/** u32 x 2,048: the counts of a pass of sorting. */
export const HISTOGRAM: usize = 1024;
/** The entries of a block while it is made: 128 of up to 12 bytes. */
export const ENTRIES: usize = HISTOGRAM + 2048 * 4;
/** What the host puts here for `add`: the relatives as f64, then the name of the town. */
export const EXCHANGED_RELATIVES: usize = ENTRIES + 128 * 12 + PADDING;
export const EXCHANGED_TOWN: usize = EXCHANGED_RELATIVES + <usize>MAX_RELATIVES * 8;
/** u32 x 9 x 2: where the fields of the current citizen begin and end. */
export const SPANS: usize = EXCHANGED_TOWN + 2048;
/** Decoded texts of the current citizen, for fields with escapes: DECODED_BYTES for each field. */
export const DECODED: usize = SPANS + 128;
/** 257 characters of 4 bytes: one more is written before a text is found to be too long. */
export const DECODED_BYTES: usize = 257 * 4 + PADDING;
/** u32 each: the segments of the records, of the relatives, of the towns. */
export const RECORD_SEGMENTS: usize = (DECODED + 9 * DECODED_BYTES + 63) & ~63;
export const MAX_RECORD_SEGMENTS: u32 = 8192;
export const RELATIVE_SEGMENTS: usize = RECORD_SEGMENTS + <usize>MAX_RECORD_SEGMENTS * 4;
export const MAX_RELATIVE_SEGMENTS: u32 = 16384;
export const TOWN_SEGMENTS: usize = RELATIVE_SEGMENTS + <usize>MAX_RELATIVE_SEGMENTS * 4;
export const MAX_TOWN_SEGMENTS: u32 = 1024;
/** The slice of the body, with zeros behind it. */
export const INPUT: usize = (TOWN_SEGMENTS + <usize>MAX_TOWN_SEGMENTS * 4 + 63) & ~63;
/** The rows that were made of it. */
export const OUTPUT: usize = INPUT + SLICE_BYTES + PADDING;
export const OUTPUT_BYTES: usize = SLICE_BYTES;
const FIXED_BYTES: usize = (OUTPUT + OUTPUT_BYTES + MAX_ROW_BYTES + PADDING + 63) & ~63;

export const SEGMENT_BYTES: usize = 65536;
const PAGE_BYTES: usize = 65536;

let top: usize = FIXED_BYTES;
/** Segments that are free again; each begins with the address of the next. */
let freeSegments: usize = 0;

/** Gives back everything. */
export function beginMemory(): void {
  top = FIXED_BYTES;
  freeSegments = 0;
  memory.fill(RECORD_SEGMENTS, 0, INPUT - RECORD_SEGMENTS);
}

/** Makes sure that memory reaches to `end`; false when the system gives no more. */
export function reach(end: usize): bool {
  const has = <usize>memory.size() * PAGE_BYTES;
  if (end <= has) return true;
  return memory.grow(<i32>((end - has + PAGE_BYTES - 1) / PAGE_BYTES)) >= 0;
}

/** Memory at a multiple of 64, not cleared; 0 when there is none. */
export function allocate(bytes: usize): usize {
  const from = top;
  const end = (from + bytes + 63) & ~63;
  if (end < from || !reach(end)) return 0;
  top = end;
  return from;
}

/** The slots of a hash table, u32 each and 0; `mask` is their number less one. */
export function allocateSlots(mask: u32): usize {
  const bytes = (<usize>mask + 1) << 2;
  const made = allocate(bytes);
  if (made != 0) memory.fill(made, 0, bytes);
  return made;
}

/** The end of what is allocated: a result that grows is written here. */
export function freeFrom(): usize {
  return top;
}

export function allocateSegment(): usize {
  const segment = freeSegments;
  if (segment == 0) return allocate(SEGMENT_BYTES);
  freeSegments = load<u32>(segment);
  return segment;
}

/** Makes segments of an area that is no longer used. */
export function recycle(from: usize, bytes: usize): void {
  for (let left = bytes; left >= SEGMENT_BYTES; left -= SEGMENT_BYTES) {
    store<u32>(from, <u32>freeSegments);
    freeSegments = from;
    from += SEGMENT_BYTES;
  }
}
