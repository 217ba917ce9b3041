import { hash, verify } from '@node-rs/argon2';
import { ServiceError } from '../errors.js';

/** Each comparison takes 19 MiB and 30 to 50 ms of a core, in libuv's pool of four threads, which files need too. */
const MAX_AT_ONCE = 2;
/** Half a minute of work; later comers are asked to try again. */
const MAX_WAITING = 1_000;

/** argon2id, with the parameters that OWASP names first: 19 MiB, two passes, one lane. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export type Hasher = {
  hash(password: string): Promise<string>;
  /**
   * Whether the password has this hash. Without a hash another one is compared with and the answer is false, so that
   * the time does not tell which names exist.
   */
  matches(password: string, stored: string | undefined): Promise<boolean>;
};

export type Passwords = {
  /** Passwords are hashed two at a time, in the order of the calls. @throws ServiceError SERVICE_BUSY; what `work` throws */
  inTurn<Result>(work: (hasher: Hasher) => Promise<Result>): Promise<Result>;
};

/** argon2id in threads of libuv. `compare` is argon2's own, or a test's that counts. */
export function createPasswords(compare: typeof verify = verify): Passwords {
  let nobodys: Promise<string> | undefined;
  const hasher: Hasher = {
    hash: (password) => hash(password, OPTIONS),
    async matches(password, stored) {
      nobodys ??= hash('the hash of nobody', OPTIONS);
      // Waited for in both cases: the first comparison takes longer, whatever the name.
      const nobody = await nobodys;
      const isSame = await compare(stored ?? nobody, password);
      return isSame && stored !== undefined;
    },
  };

  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    async inTurn(work) {
      if (running < MAX_AT_ONCE) {
        running++;
      } else if (waiting.length < MAX_WAITING) {
        await new Promise<void>((resolve) => waiting.push(resolve));
      } else {
        throw new ServiceError('SERVICE_BUSY', 'Too many passwords wait to be checked.');
      }
      try {
        return await work(hasher);
      } finally {
        const next = waiting.shift();
        if (next === undefined) running--;
        else next();
      }
    },
  };
}
