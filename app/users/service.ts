import { hasCode, ServiceError } from '../errors.js';
import { FIRST_ROLES, type Role } from './model/roles.js';
import type { Passwords } from './passwords.js';
import type { Caller, Token, User, UsersRepository } from './repository.js';
import { makeToken } from './token_text.js';

/** Registrations from one address in five minutes: more than an office of people, fewer than a program would like. */
const MAX_REGISTRATIONS = 100;
const MAX_NAMED_TOKENS = 100;
/** Users in one answer; the list is for people. */
const MAX_LISTED = 1_000;

export type Credentials = { username: string; password: string };

export type UsersService = {
  /** @throws ServiceError USERNAME_TAKEN, TOO_MANY_TRIES */
  register(credentials: Credentials, address: string): Promise<User>;
  /** A new token. @throws ServiceError LOGIN_REFUSED, TOO_MANY_TRIES */
  logIn(credentials: Credentials, address: string): Promise<string>;
  me(caller: Caller): Promise<User>;
  /** @throws ServiceError INVALID_INPUT when the old password is wrong */
  changePassword(caller: Caller, change: { old: string; next: string }, address: string): Promise<void>;
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
  /** @throws ServiceError USER_NOT_FOUND, as the next three */
  get(username: string): Promise<User>;
  /** @throws ServiceError LAST_ADMIN */
  update(username: string, changes: { roles?: readonly Role[]; enabled?: boolean }): Promise<User>;
  remove(username: string): Promise<void>;
  /** @throws ServiceError USERNAME_TAKEN */
  add(username: string, password: string | undefined, roles: readonly Role[]): Promise<User>;
  /** The first token of the first admin; undefined when there are users. */
  addFirstAdmin(): Promise<string | undefined>;
};

function refused(): ServiceError {
  return new ServiceError('LOGIN_REFUSED', 'Unable to log in with provided credentials.', {
    members: { non_field_errors: ['Unable to log in with provided credentials.'] },
  });
}

/** Runs what is asked under one key one after the other. */
function createQueues() {
  const last = new Map<string, Promise<unknown>>();
  return <Result>(key: string, work: () => Promise<Result>): Promise<Result> => {
    const before = last.get(key) ?? Promise.resolve();
    const result = before.then(work, work);
    last.set(key, result);
    const forget = () => {
      if (last.get(key) === result) last.delete(key);
    };
    result.then(forget, forget);
    return result;
  };
}

export function createUsersService(repository: UsersRepository, passwords: Passwords): UsersService {
  // One guess at a name at a time: guesses made at once would all be within the limit.
  const inOrderOfName = createQueues();

  async function requirePassword({ username, password }: Credentials, address: string) {
    const found = await repository.beginLogin(username, address);
    if (await passwords.matches(password, found?.password)) return found as { userId: number; password: string };
    await repository.failLogin(username, address);
    throw refused();
  }

  return {
    async register({ username, password }, address) {
      // Told before 50 ms are spent on the password.
      await repository.requireFree(username);
      const hash = await passwords.hash(password);
      return repository.register(username, hash, FIRST_ROLES, { address, limit: MAX_REGISTRATIONS });
    },

    logIn: (credentials, address) =>
      inOrderOfName(credentials.username, async () => {
        const found = await requirePassword(credentials, address);
        const { token, hash } = makeToken();
        try {
          await repository.succeedLogin(found.userId, found.password, hash);
        } catch (reason) {
          if (hasCode(reason, 'PASSWORD_CHANGED')) throw refused();
          throw reason;
        }
        return token;
      }),

    me: ({ userId }) => repository.getById(userId),

    changePassword: ({ userId, username, tokenId }, { old, next }, address) =>
      inOrderOfName(username, async () => {
        const { password: stored } = await repository.getById(userId);
        await repository.beginLogin(username, address);
        if (!(await passwords.matches(old, stored))) {
          await repository.failLogin(username, address);
          throw new ServiceError('INVALID_INPUT', 'The old password is not right. Nothing was changed.', {
            violations: [{ pointer: '/old', code: 'WRONG_PASSWORD', detail: 'is not the password' }],
            members: { old: ['Invalid password.'] },
          });
        }
        await repository.changePassword(userId, stored, await passwords.hash(next), tokenId);
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
      return repository.add(username, password === undefined ? undefined : await passwords.hash(password), roles);
    },

    async addFirstAdmin() {
      const { token, hash } = makeToken();
      return (await repository.addFirstAdmin(hash)) === undefined ? undefined : token;
    },
  };
}
