import type { Caller, UsersRepository } from './repository.js';
import { hashToken, tokenFrom } from './token_text.js';

export type Authenticator = {
  /**
   * Who has the token in the header Authorization; undefined for a token that is none, was revoked or has expired. Asked of
   * the database each time, once for all requests of a turn of the event loop: a revoked token is refused by the very
   * next request, on every process.
   */
  authenticate(authorization: string): Promise<Caller | undefined>;
};

/** @param onFault told when the use of tokens could not be noted, which no client waits for */
export function createAuthenticator(repository: UsersRepository, onFault: (reason: unknown) => void): Authenticator {
  /** Tokens of this turn, by hash. */
  let asked = new Map<string, ((found: Promise<Caller | undefined>) => void)[]>();

  async function look(hashes: readonly string[]): Promise<(Caller | undefined)[]> {
    const found = await repository.authenticate(hashes);
    const used = found.flatMap((each) => (each?.noteUse ? [each.tokenId] : []));
    if (used.length > 0) repository.noteUse(used).catch(onFault);
    return found;
  }

  function send(): void {
    const sent = [...asked];
    asked = new Map();
    const answers = look(sent.map(([hash]) => hash));
    sent.forEach(([, waiting], i) => {
      const answer = answers.then((found) => found[i]);
      for (const resolve of waiting) resolve(answer);
    });
  }

  return {
    authenticate(authorization) {
      const token = tokenFrom(authorization);
      if (token === undefined) return Promise.resolve(undefined);
      if (asked.size === 0) setImmediate(send);
      const hash = hashToken(token);
      return new Promise((resolve) => {
        const waiting = asked.get(hash);
        if (waiting === undefined) asked.set(hash, [resolve]);
        else waiting.push(resolve);
      });
    },
  };
}
