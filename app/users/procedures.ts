import { read, write } from '../db/procedure.js';

/** A row of the space `users` (tarantool/migrations/008_users.lua). */
export type UserTuple = [
  id: number,
  username: string,
  password: string | null,
  roles: string[],
  enabled: boolean,
  createdAt: number,
  removedAt?: number | null,
];

/** A row of the space `tokens`. */
export type TokenTuple = [
  id: number,
  hash: string,
  userId: number,
  kind: 'login' | 'named',
  name: string,
  createdAt: number,
  lastUsedAt?: number | null,
  expiresAt?: number | null,
];

export const USER_PROCEDURES = {
  anyUser: read<[], [isAny: boolean]>('svodka.users.any'),
  beginRegistration: read<[username: string, address: string, limit: number], []>('svodka.users.begin_registration'),
  registerUser: write<
    [username: string, password: string, roles: readonly string[], address: string, limit: number],
    [user: UserTuple]
  >('svodka.users.register'),
  addUser: write<[username: string, password: string | null, roles: readonly string[]], [user: UserTuple]>(
    'svodka.users.add',
  ),
  /** Answers nothing when there are users. */
  addFirstAdmin: write<[tokenHash: string], [user: UserTuple | null]>('svodka.users.add_first_admin'),
  getUser: read<[username: string], [user: UserTuple]>('svodka.users.get'),
  getUserById: read<[id: number], [user: UserTuple]>('svodka.users.get_by_id'),
  listUsers: read<[after: string | null, limit: number], [users: UserTuple[]]>('svodka.users.list'),
  updateUser: write<
    [username: string, changes: { readonly roles?: readonly string[]; readonly enabled?: boolean }],
    [user: UserTuple]
  >('svodka.users.update'),
  removeUser: write<[username: string], []>('svodka.users.remove'),
  changePassword: write<[userId: number, old: string | null, next: string, keptTokenId: number | null], []>(
    'svodka.users.change_password',
  ),
  /** Answers nothing when nobody can log in under the name. */
  beginLogin: read<[username: string, address: string], [userId?: number, password?: string]>(
    'svodka.users.begin_login',
  ),
  failLogin: write<[username: string, address: string], []>('svodka.users.fail_login'),
  succeedLogin: write<[userId: number, password: string, tokenHash: string, address: string], [token: TokenTuple]>(
    'svodka.users.succeed_login',
  ),
  authenticate: read<
    [hashes: readonly string[]],
    [found: (false | [userId: number, username: string, roles: string[], tokenId: number, noteUse: boolean])[]]
  >('svodka.users.authenticate'),
  noteTokenUse: write<[ids: readonly number[]], []>('svodka.users.note_use'),
  addToken: write<
    [userId: number, hash: string, name: string, expiresAt: number | null, limit: number],
    [token: TokenTuple]
  >('svodka.users.add_token'),
  listTokens: read<[userId: number], [tokens: TokenTuple[]]>('svodka.users.list_tokens'),
  deleteToken: write<[userId: number, id: number], []>('svodka.users.delete_token'),
  deleteTokens: write<[userId: number], []>('svodka.users.delete_tokens'),
} as const;
