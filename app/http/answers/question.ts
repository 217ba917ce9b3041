import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** Dashboards repeat the same questions. */
const hashes = new LRUCache<string, string>({ max: 500 });

function shortHash(text: string): string {
  const known = hashes.get(text);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 32);
  hashes.set(text, hash);
  return hash;
}

/** The part of an ETag that names the question, of constant length. `kind` is unique among the kinds of answers. */
export function questionOf(kind: string, asked: unknown): string {
  return `.${kind}${shortHash(JSON.stringify(asked))}`;
}
