import { hash, verify } from '@node-rs/argon2';
import { ServiceError } from '../errors.js';

/** Each comparison takes 19 MiB and 30 to 50 ms of a core, in libuv's pool of four threads, which files need too. */
const MAX_AT_ONCE = 2;
/** Half a minute of work; who comes beyond is told to try again. */
const MAX_WAITING = 1_000;

/** argon2id, with the parameters that OWASP names first: 19 MiB, two passes, one lane. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export type Passwords = {
  /** @throws ServiceError SERVICE_BUSY */
  hash(password: string): Promise<string>;
  /**
   * Whether the password has this hash. Without a hash it takes as long and is never so, so that nobody can tell which
   * names exist. @throws ServiceError SERVICE_BUSY
   */
  matches(password: string, stored: string | undefined): Promise<boolean>;
};

/** Runs a few at a time, in order; refuses what would wait too long. */
function createTurns(maxAtOnce: number, maxWaiting: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running >= maxAtOnce) {
      if (waiting.length >= maxWaiting)
        throw new ServiceError('SERVICE_BUSY', 'Too many passwords wait to be checked.');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running++;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

export function createPasswords(): Passwords {
  const inTurn = createTurns(MAX_AT_ONCE, MAX_WAITING);
  let nobodys: Promise<string> | undefined;
  return {
    hash: (password) => inTurn(() => hash(password, OPTIONS)),
    async matches(password, stored) {
      nobodys ??= hash('the hash of nobody', OPTIONS);
      const compared = stored ?? (await nobodys);
      const isSame = await inTurn(() => verify(compared, password));
      return isSame && stored !== undefined;
    },
  };
}
