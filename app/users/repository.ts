import type { Client } from '../db/client.js';
import type { Role } from './model/roles.js';
import { USER_PROCEDURES as P, type TokenTuple, type UserTuple } from './procedures.js';

/** Times are in seconds since 1970. `password`: its hash; undefined where nobody can log in. */
export type User = {
  id: number;
  username: string;
  password: string | undefined;
  roles: readonly Role[];
  enabled: boolean;
  createdAt: number;
};

export type Token = {
  id: number;
  name: string;
  createdAt: number;
  lastUsedAt: number | undefined;
  expiresAt: number | undefined;
};

/** Who sent a request. A camera has the user id 0, its own id as the name, and CAMERA_ROLE. */
export type Caller = { userId: number; username: string; roles: readonly Role[]; tokenId: number };

/** From where a registration comes, and how many may come from there in five minutes. */
type RegistrationLimit = { address: string; limit: number };

/** All methods throw ServiceError. */
export type UsersRepository = {
  /** Whether there is or was a user. */
  any(): Promise<boolean>;
  /** INVALID_INPUT for a name that is taken, TOO_MANY_TRIES; asked before a password is hashed */
  beginRegistration(username: string, from: RegistrationLimit): Promise<void>;
  /** INVALID_INPUT for a name that is taken, TOO_MANY_TRIES */
  register(username: string, password: string, roles: readonly Role[], from: RegistrationLimit): Promise<User>;
  /** INVALID_INPUT for a name that is taken */
  add(username: string, password: string | undefined, roles: readonly Role[]): Promise<User>;
  /** Undefined when there are users already. */
  addFirstAdmin(tokenHash: string): Promise<User | undefined>;
  /** USER_NOT_FOUND */
  get(username: string): Promise<User>;
  getById(id: number): Promise<User>;
  list(after: string | undefined, limit: number): Promise<User[]>;
  /** USER_NOT_FOUND, LAST_ADMIN */
  update(username: string, changes: { roles?: readonly Role[]; enabled?: boolean }): Promise<User>;
  remove(username: string): Promise<void>;
  /** PASSWORD_CHANGED when `old` is not the stored hash any more */
  changePassword(userId: number, old: string | undefined, next: string, keptTokenId: number | undefined): Promise<void>;
  /** TOO_MANY_TRIES; undefined: nobody can log in under this name */
  beginLogin(username: string, address: string): Promise<{ userId: number; password: string } | undefined>;
  failLogin(username: string, address: string): Promise<void>;
  /** PASSWORD_CHANGED, TOO_MANY_TRIES */
  succeedLogin(found: { userId: number; password: string }, tokenHash: string, address: string): Promise<void>;
  /** In the order of the hashes; `noteUse`: the use of this token is to be noted. */
  authenticate(hashes: readonly string[]): Promise<((Caller & { noteUse: boolean }) | undefined)[]>;
  noteUse(tokenIds: readonly number[]): Promise<void>;
  /** TOO_MANY_TOKENS */
  addToken(
    userId: number,
    hash: string,
    token: { name: string; expiresAt: number | undefined; limit: number },
  ): Promise<Token>;
  listTokens(userId: number): Promise<Token[]>;
  /** TOKEN_NOT_FOUND */
  deleteToken(userId: number, id: number): Promise<void>;
  deleteTokens(userId: number): Promise<void>;
};

function toUser([id, username, password, roles, enabled, createdAt]: UserTuple): User {
  return { id, username, password: password ?? undefined, roles: roles as Role[], enabled, createdAt };
}

function toToken([id, , , , name, createdAt, lastUsedAt, expiresAt]: TokenTuple): Token {
  return { id, name, createdAt, lastUsedAt: lastUsedAt ?? undefined, expiresAt: expiresAt ?? undefined };
}

export function createUsersRepository(db: Client): UsersRepository {
  return {
    async any() {
      return (await db.call(P.anyUser, []))[0];
    },
    async beginRegistration(username, { address, limit }) {
      await db.call(P.beginRegistration, [username, address, limit]);
    },
    async register(username, password, roles, { address, limit }) {
      return toUser((await db.call(P.registerUser, [username, password, roles, address, limit]))[0]);
    },
    async add(username, password, roles) {
      return toUser((await db.call(P.addUser, [username, password ?? null, roles]))[0]);
    },
    async addFirstAdmin(tokenHash) {
      const [user] = await db.call(P.addFirstAdmin, [tokenHash]);
      return user ? toUser(user) : undefined;
    },
    async get(username) {
      return toUser((await db.call(P.getUser, [username]))[0]);
    },
    async getById(id) {
      return toUser((await db.call(P.getUserById, [id]))[0]);
    },
    async list(after, limit) {
      const [users] = await db.call(P.listUsers, [after ?? null, limit]);
      return users.map(toUser);
    },
    async update(username, changes) {
      return toUser((await db.call(P.updateUser, [username, changes]))[0]);
    },
    async remove(username) {
      await db.call(P.removeUser, [username]);
    },
    async changePassword(userId, old, next, keptTokenId) {
      await db.call(P.changePassword, [userId, old ?? null, next, keptTokenId ?? null]);
    },
    async beginLogin(username, address) {
      const [userId, password] = await db.call(P.beginLogin, [username, address]);
      return typeof userId === 'number' && typeof password === 'string' ? { userId, password } : undefined;
    },
    async failLogin(username, address) {
      await db.call(P.failLogin, [username, address]);
    },
    async succeedLogin({ userId, password }, tokenHash, address) {
      await db.call(P.succeedLogin, [userId, password, tokenHash, address]);
    },
    async authenticate(hashes) {
      const [found] = await db.call(P.authenticate, [hashes]);
      return found.map((each) => {
        if (each === false) return undefined;
        const [userId, username, roles, tokenId, noteUse] = each;
        return { userId, username, roles: roles as Role[], tokenId, noteUse };
      });
    },
    async noteUse(tokenIds) {
      await db.call(P.noteTokenUse, [tokenIds]);
    },
    async addToken(userId, hash, { name, expiresAt, limit }) {
      return toToken((await db.call(P.addToken, [userId, hash, name, expiresAt ?? null, limit]))[0]);
    },
    async listTokens(userId) {
      const [tokens] = await db.call(P.listTokens, [userId]);
      return tokens.map(toToken);
    },
    async deleteToken(userId, id) {
      await db.call(P.deleteToken, [userId, id]);
    },
    async deleteTokens(userId) {
      await db.call(P.deleteTokens, [userId]);
    },
  };
}
