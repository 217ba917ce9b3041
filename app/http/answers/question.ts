import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** A dashboard asks the same again and again. */
const hashes = new LRUCache<string, string>({ max: 500 });

function shortHash(text: string): string {
  const known = hashes.get(text);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 32);
  hashes.set(text, hash);
  return hash;
}

/**
 * The part of an ETag that names what was asked, of the same length whatever that was. `kind`: a word that no other kind
 * of answer has.
 */
export function questionOf(kind: string, asked: unknown): string {
  return `.${kind}${shortHash(JSON.stringify(asked))}`;
}
