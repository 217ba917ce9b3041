import type { Citizen } from '../../../app/census/citizens/schema.js';
import { createRowPacker } from '../../../app/census/imports/intake/row_packer.js';

/** Citizens as chunks for Tarantool. */
export function packRows(citizens: readonly Citizen[]): Uint8Array<ArrayBuffer>[] {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const packer = createRowPacker((chunk) => chunks.push(chunk));
  for (const citizen of citizens) packer.add(citizen);
  const last = packer.finish();
  return last === undefined ? chunks : [...chunks, last];
}
