import { createHash } from 'node:crypto';
import type { BodyAccount } from '../http/body_budget.js';
import type { ImportFormat } from './parse.js';

/** An import that is being read holds about 45 bytes of each citizen to the end, who had 150 or more in the body. */
const KEPT_SHARE = 1 / 3;

type Part = Buffer<ArrayBuffer>;

/** Counts the parts of a body against the budget as they come. */
export async function* countedParts(parts: AsyncIterable<Part>, account: BodyAccount): AsyncGenerator<Part> {
  for await (const part of parts) {
    account.take(part.length);
    yield part;
  }
}

/** What is held no more when so many bytes of a body have been read. */
export function heldNoMore(bytes: number): number {
  return Math.floor(bytes * (1 - KEPT_SHARE));
}

/** A body, and a fingerprint that is whole when its last part was taken: SHA-256 of its format and decoded bytes. */
export function fingerprinted(parts: AsyncIterable<Part>, format: ImportFormat) {
  const hash = createHash('sha256').update(`${format}\n`);
  async function* pass(): AsyncGenerator<Part> {
    for await (const part of parts) {
      // 256 KB: 0.2 ms.
      hash.update(part);
      yield part;
    }
  }
  return { parts: pass(), fingerprint: () => hash.digest('hex') };
}
