import { createHash } from 'node:crypto';
import type { ImportFormat } from './parse.js';

type Part = Buffer<ArrayBuffer>;

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
