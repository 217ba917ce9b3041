import type { UsersRepository } from './repository.js';

/** A token that was revoked or has expired ends what it keeps open within a second. */
const LOOK_EVERY_MS = 500;
/** Tokens in one call: a look takes the database about 3 us. */
const MAX_ASKED = 500;

export type TokenWatch = {
  /** Calls `onEnd` once when the token is not valid any more. Returns the function that ends the watch. */
  whileValid(hash: string, onEnd: () => void): () => void;
};

/**
 * Looks at the tokens for which something is open, all together twice a second, and at none otherwise. While the database
 * is away nothing is known, and nothing ends.
 */
export function createTokenWatch(repository: Pick<UsersRepository, 'authenticate'>): TokenWatch {
  const watched = new Map<string, Set<() => void>>();
  let timer: NodeJS.Timeout | undefined;

  async function endInvalid(hashes: readonly string[]): Promise<void> {
    const found = await repository.authenticate(hashes);
    for (const [i, hash] of hashes.entries()) {
      if (found[i] !== undefined) continue;
      for (const onEnd of [...(watched.get(hash) ?? [])]) onEnd();
      watched.delete(hash);
    }
  }

  async function look(): Promise<void> {
    const hashes = [...watched.keys()];
    try {
      for (let at = 0; at < hashes.length; at += MAX_ASKED) await endInvalid(hashes.slice(at, at + MAX_ASKED));
    } catch {
      // Asked again at the next look.
    }
    timer = undefined;
    schedule();
  }

  function schedule(): void {
    if (timer === undefined && watched.size > 0) timer = setTimeout(() => void look(), LOOK_EVERY_MS).unref();
  }

  return {
    whileValid(hash, onEnd) {
      const ends = watched.get(hash) ?? new Set();
      watched.set(hash, ends.add(onEnd));
      schedule();
      return () => {
        ends.delete(onEnd);
        if (ends.size === 0 && watched.get(hash) === ends) watched.delete(hash);
      };
    },
  };
}
