import { createHash } from 'node:crypto';
import { hasCode, ServiceError } from '../errors.js';
import { isUsername } from './model/credentials.js';
import { FIRST_ROLES, type Role } from './model/roles.js';
import type { Hasher, Passwords } from './passwords.js';
import type { Caller, Token, User, UsersRepository } from './repository.js';
import { hashToken, makeToken } from './token_text.js';

/** Registrations from one address in five minutes: more than an office of people, fewer than a program would like. */
const MAX_REGISTRATIONS = 100;
const MAX_NAMED_TOKENS = 100;
/** Users in one answer; the list is for people. */
const MAX_LISTED = 1_000;

export type Credentials = { username: string; password: string };

export type UsersService = {
  /** @throws ServiceError INVALID_INPUT for a name that is taken, TOO_MANY_TRIES, SERVICE_BUSY */
  register(credentials: Credentials, address: string): Promise<User>;
  /** A new token. @throws ServiceError LOGIN_REFUSED, TOO_MANY_TRIES, SERVICE_BUSY */
  logIn(credentials: Credentials, address: string): Promise<string>;
  me(caller: Caller): Promise<User>;
  /**
   * Ends all tokens but the caller's. `old`: undefined for a user that has no password yet.
   * @throws ServiceError INVALID_INPUT when the old password is wrong or missing, TOO_MANY_TRIES
   */
  changePassword(caller: Caller, change: { old: string | undefined; next: string }, address: string): Promise<void>;
  listTokens(caller: Caller): Promise<Token[]>;
  /** @throws ServiceError TOO_MANY_TOKENS */
  addToken(
    caller: Pick<Caller, 'userId'>,
    token: { name: string; expiresInS?: number },
  ): Promise<Token & { token: string }>;
  /** @throws ServiceError TOKEN_NOT_FOUND */
  deleteToken(caller: Caller, id: number): Promise<void>;
  deleteTokens(caller: Caller): Promise<void>;
  /** All users, by name. */
  list(): Promise<User[]>;
  /** @throws ServiceError USER_NOT_FOUND, as the next two */
  get(username: string): Promise<User>;
  /** @throws ServiceError LAST_ADMIN */
  update(username: string, changes: { roles?: readonly Role[]; enabled?: boolean }): Promise<User>;
  remove(username: string): Promise<void>;
  /** @throws ServiceError INVALID_INPUT for a name that is taken */
  add(username: string, password: string | undefined, roles: readonly Role[]): Promise<User>;
  /** Whether there is or was a user. */
  hasUsers(): Promise<boolean>;
  /** Adds the user `admin` with this token. False when there are users already. */
  addFirstAdmin(token: string): Promise<boolean>;
};

function refused(): ServiceError {
  return new ServiceError('LOGIN_REFUSED', 'Unable to log in with provided credentials.', {
    members: { non_field_errors: ['Unable to log in with provided credentials.'] },
  });
}

function wrongPassword(): ServiceError {
  return new ServiceError('INVALID_INPUT', 'The old password is not right. Nothing was changed.', {
    violations: [{ pointer: '/old', code: 'WRONG_PASSWORD', detail: 'is not the password' }],
    members: { old: ['Invalid password.'] },
  });
}

function missingPassword(): ServiceError {
  return new ServiceError('INVALID_INPUT', 'The old password is missing. Nothing was changed.', {
    violations: [{ pointer: '/old', code: 'REQUIRED', detail: 'is required, since the user has a password' }],
    members: { old: ['This field is required.'] },
  });
}

/** The name under which tries are counted: no longer than a username, whatever was sent. */
function countedName(username: string): string {
  return isUsername(username) ? username : `#${createHash('sha256').update(username).digest('hex')}`;
}

export function createUsersService(repository: UsersRepository, passwords: Passwords): UsersService {
  /** Part of a turn, so that guesses made at once are refused as soon as the limit is reached. */
  async function requirePassword(hasher: Hasher, { username, password }: Credentials, address: string) {
    const name = countedName(username);
    const found = await repository.beginLogin(name, address);
    const isRight = await hasher.matches(password, found?.password);
    if (isRight && found !== undefined) return found;
    await repository.failLogin(name, address);
    throw refused();
  }

  /** The stored hash; undefined for a user that has no password. */
  async function currentPassword(
    hasher: Hasher,
    { userId, username, old }: { userId: number; username: string; old: string | undefined },
    address: string,
  ): Promise<string | undefined> {
    if (old === undefined) {
      const { password } = await repository.getById(userId);
      if (password !== undefined) throw missingPassword();
      return undefined;
    }
    try {
      return (await requirePassword(hasher, { username, password: old }, address)).password;
    } catch (reason) {
      throw hasCode(reason, 'LOGIN_REFUSED') ? wrongPassword() : reason;
    }
  }

  return {
    async register({ username, password }, address) {
      const from = { address, limit: MAX_REGISTRATIONS };
      return passwords.inTurn(async (hasher) => {
        await repository.beginRegistration(username, from);
        return repository.register(username, await hasher.hash(password), FIRST_ROLES, from);
      });
    },

    logIn: (credentials, address) =>
      passwords.inTurn(async (hasher) => {
        const found = await requirePassword(hasher, credentials, address);
        const { token, hash } = makeToken();
        try {
          await repository.succeedLogin(found, hash, address);
        } catch (reason) {
          if (hasCode(reason, 'PASSWORD_CHANGED')) throw refused();
          throw reason;
        }
        return token;
      }),

    me: ({ userId }) => repository.getById(userId),

    changePassword: ({ userId, username, tokenId }, { old, next }, address) =>
      passwords.inTurn(async (hasher) => {
        const password = await currentPassword(hasher, { userId, username, old }, address);
        await repository.changePassword(userId, password, await hasher.hash(next), tokenId);
      }),

    listTokens: ({ userId }) => repository.listTokens(userId),

    async addToken({ userId }, { name, expiresInS }) {
      const { token, hash } = makeToken();
      const expiresAt = expiresInS === undefined ? undefined : Date.now() / 1_000 + expiresInS;
      return { ...(await repository.addToken(userId, hash, { name, expiresAt, limit: MAX_NAMED_TOKENS })), token };
    },

    deleteToken: ({ userId }, id) => repository.deleteToken(userId, id),
    deleteTokens: ({ userId }) => repository.deleteTokens(userId),

    async list() {
      const users: User[] = [];
      for (;;) {
        const page = await repository.list(users.at(-1)?.username, MAX_LISTED);
        users.push(...page);
        if (page.length < MAX_LISTED) return users;
      }
    },
    get: (username) => repository.get(username),
    update: (username, changes) => repository.update(username, changes),
    remove: (username) => repository.remove(username),

    async add(username, password, roles) {
      const hash = password === undefined ? undefined : await passwords.inTurn((hasher) => hasher.hash(password));
      return repository.add(username, hash, roles);
    },

    hasUsers: () => repository.any(),
    addFirstAdmin: async (token) => (await repository.addFirstAdmin(hashToken(token))) !== undefined,
  };
}
