import { createWriter } from '../../../db/wire/msgpack.js';
import type { PackedCounts } from '../across_records/import_counts.js';
import { MAX_PIECE_BLOCKS } from '../across_records/import_counts.js';
import type { ScanFunctions } from './module.js';

/** (kind u32, end u32) of each block, as in assembly/blocks.ts; births come first. */
const END_BYTES = 8;
const BIRTHS = 0;

/** Cuts the blocks that WebAssembly has made into pieces, `[[births], [presents]]` each. */
export function packBlocks(
  scan: ScanFunctions,
  memory: Uint8Array,
  view: DataView,
  onPacked: (counts: PackedCounts) => void,
): void {
  const ends = scan.blockEnds();
  const count = scan.blockCount();
  const endOf = (block: number) =>
    block === 0 ? scan.blocksBegin() : view.getUint32(ends + (block - 1) * END_BYTES + 4, true);
  const isBirth = (block: number) => view.getUint32(ends + block * END_BYTES, true) === BIRTHS;
  const frame = createWriter(16);

  for (let from = 0; from < count; from += MAX_PIECE_BLOCKS) {
    const to = Math.min(count, from + MAX_PIECE_BLOCKS);
    let presents = from;
    while (presents < to && isBirth(presents)) presents++;
    frame.arrayHeader(2);
    frame.arrayHeader(presents - from);
    const head = frame.take();
    frame.arrayHeader(to - presents);
    const middle = frame.take();
    const births = memory.subarray(endOf(from), endOf(presents));
    const rest = memory.subarray(endOf(presents), endOf(to));
    const packed: PackedCounts = new Uint8Array(head.length + births.length + middle.length + rest.length);
    packed.set(head);
    packed.set(births, head.length);
    packed.set(middle, head.length + births.length);
    packed.set(rest, head.length + births.length + middle.length);
    onPacked(packed);
  }
}
