import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { SettingsReader } from '../config.js';
import type { Client } from '../db/client.js';
import { DB_SETTINGS } from '../db/settings.js';
import { hasCode } from '../errors.js';
import type { Route } from '../http/route.js';
import { createAuthenticator } from './authenticator.js';
import { addFirstAdmin } from './first_admin.js';
import { createPasswords } from './passwords.js';
import { createUsersRepository } from './repository.js';
import { createRights, type Rights } from './rights.js';
import { adminRoutes } from './routes/admin_routes.js';
import { loginRoutes } from './routes/login_routes.js';
import { ownRoutes } from './routes/own_routes.js';
import { createUsersService } from './service.js';
import { USERS_SETTINGS } from './settings.js';
import { createTokenWatch } from './token_watch.js';

type UsersParts = {
  db: Client;
  settings: SettingsReader;
  log: Logger;
  stopping: AbortSignal;
};

type UsersRoom = {
  routes: Route[];
  /** Who may use a route: for the application. */
  rights: Rights;
  /** Called once the database is there, or the service has stopped waiting for it. */
  start(): Promise<void>;
};

/** While the database is away. */
const AGAIN_MS = 1_000;
const CONNECTION_MS = 60_000;

export function createUsersRoom({ db, settings, log, stopping }: UsersParts): UsersRoom {
  const { auth } = settings(USERS_SETTINGS);
  // Where the first administrator's token is written.
  const { dataDir } = settings(DB_SETTINGS);
  const repository = createUsersRepository(db);
  const service = createUsersService(repository, createPasswords());
  const authenticator = createAuthenticator(repository, (reason) =>
    log.debug({ err: reason }, 'the use of tokens could not be noted'),
  );

  /** False when the database was away. */
  async function tryFirstAdmin(): Promise<boolean> {
    try {
      const file = await addFirstAdmin(service, dataDir);
      if (file !== undefined) log.info({ file }, 'the token of the first administrator, admin, is in this file');
    } catch (reason) {
      if (hasCode(reason, 'DATABASE_AWAY') || hasCode(reason, 'OUTCOME_UNKNOWN')) return false;
      log.error(
        { err: reason, dataDir },
        'there is no administrator, and none could be added: the next start tries again',
      );
    }
    return true;
  }

  async function keepTrying(): Promise<void> {
    while (!stopping.aborted) {
      try {
        await db.whenReady(CONNECTION_MS);
        if (await tryFirstAdmin()) return;
        await sleep(AGAIN_MS, undefined, { signal: stopping });
      } catch {
        // Still away, or stopping.
      }
    }
  }

  return {
    routes: [...loginRoutes(service), ...ownRoutes(service), ...adminRoutes(service)],
    rights: createRights(authenticator, auth, createTokenWatch(repository)),
    async start() {
      if (db.state() !== 'ready' || !(await tryFirstAdmin())) void keepTrying();
    },
  };
}
