import type { Logger } from 'pino';
import { createSettingsReader } from '../config.js';
import { connectDatabase, executorAccess } from '../db/connect.js';
import type { Embedded } from '../db/embedded.js';
import { createBodyBudget } from '../http/bodies/body_budget.js';
import { createEventStreams } from '../http/event_stream.js';
import type { Gather } from '../metrics/together.js';
import type { OnceParts, Parts, Room, Wing } from '../room.js';
import type { Siblings } from '../siblings/siblings.js';
import { openCommon, WINGS } from '../wings.js';
import { createServers } from './servers.js';
import type { Config } from './settings.js';

const FIRST_CONNECTION_MS = 3_000;
/** Of the memory for bodies: for changes and small plain imports alone. */
const RESERVED_FOR_SMALL_BYTES = 32 * 1024 * 1024;
/** Web processes tell each other of what they hold in steps of this size: 0.06 % of the memory for bodies. */
const SHARED_STEP_BYTES = 256 * 1024;

type ServiceOptions = {
  config: Config;
  log: Logger;
  version: string;
  /** How the Tarantool is reached that Svodka starts itself. */
  embedded: Pick<Embedded, 'address' | 'password' | 'executorPassword'> | undefined;
  siblings: Siblings;
  /** For a web process that has siblings. */
  gather?: Gather | undefined;
  /** Rooms that are there once, and so not in each of several web processes. */
  roomsOnce?: (parts: OnceParts) => readonly Room[];
};

type Service = {
  servers: ReturnType<typeof createServers>;
  hasStarted(): boolean;
  /** Waits for the database for a moment, then starts the rooms. Does nothing once `isStopping`. */
  start(isStopping: () => boolean): Promise<void>;
  /** Finishes requests in progress, then stops everything in order. */
  stop(): Promise<void>;
};

export function wingsOf(config: Config): readonly Wing[] {
  return WINGS.filter(({ name }) => config.wings.includes(name));
}

export async function startRooms(rooms: readonly Room[]): Promise<void> {
  for (const room of rooms) await room.start?.();
}

export async function stopRooms(rooms: readonly Room[]): Promise<void> {
  for (const room of [...rooms].reverse()) await room.stop?.();
}

/** Everything in a process that answers requests: the rooms, their database and their servers. */
export function createService(options: ServiceOptions): Service {
  const { config, log, version, embedded, siblings, gather, roomsOnce = () => [] } = options;
  let hasStarted = false;
  const { db, pair } = connectDatabase(config, embedded, log);
  const stopping = new AbortController();
  const parts: Parts = {
    db,
    replica: pair && { db: pair.replica, stalenessMs: pair.stalenessMs },
    executorAccess: executorAccess(config, embedded),
    settings: createSettingsReader(config),
    log,
    stopping: stopping.signal,
    bodyBudget: createBodyBudget(config.bodiesMemoryBytes, {
      busyCode: 'TOO_MANY_IMPORTS',
      reservedBytes: RESERVED_FOR_SMALL_BYTES,
      shared: siblings.figure('bodies', SHARED_STEP_BYTES),
    }),
    streams: createEventStreams({
      maxStreams: config.maxWatchers,
      stopping: stopping.signal,
      shared: siblings.figure('streams'),
    }),
    siblings,
    hasStarted: () => hasStarted,
    wings: config.wings,
    workerCount: config.workerCount,
    version,
    projectDir: config.projectDir,
  };
  const common = openCommon(parts);
  const rooms = [...wingsOf(config).flatMap((wing) => wing.open(parts)), ...roomsOnce(parts), ...common.rooms];
  const servers = createServers(rooms, { ...parts, config, rights: common.rights, gather });

  return {
    servers,
    hasStarted: parts.hasStarted,
    async start(isStopping) {
      try {
        await db.whenReady(FIRST_CONNECTION_MS);
      } catch (reason) {
        if (!isStopping()) log.error({ err: reason }, 'Tarantool is not there; answering 503 until it is');
      }
      if (isStopping()) return;
      await startRooms(rooms);
      hasStarted = true;
    },
    async stop() {
      stopping.abort();
      await servers.stopApi();
      await stopRooms(rooms);
      await db.close();
      await servers.stopMetrics();
    },
  };
}

/** The rooms that are there once, of all wings that are on. */
export function openRoomsOnce(config: Config): (parts: OnceParts) => readonly Room[] {
  return (parts) => wingsOf(config).flatMap((wing) => wing.openOnce?.(parts) ?? []);
}
