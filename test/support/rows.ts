import { createRowPacker } from '../../app/imports/rows.js';
import type { Citizen } from '../../app/imports/schema.js';

/** Citizens as the chunks that go to Tarantool. */
export function packRows(citizens: readonly Citizen[]): Uint8Array[] {
  const packer = createRowPacker();
  for (const citizen of citizens) packer.add(citizen);
  return packer.finish();
}
