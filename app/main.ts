import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSettingsReader } from './config.js';
import { connectDatabase, executorAccess } from './db/connect.js';
import { createBodyBudget } from './http/bodies/body_budget.js';
import { createEventStreams } from './http/event_stream.js';
import { createLog } from './log/log.js';
import type { Parts, Room } from './room.js';
import { makeEmbedded, startEmbedded } from './start/embedded.js';
import { createOrderedStop } from './start/ordered_stop.js';
import { createServers } from './start/servers.js';
import { readConfigOrGiveUp } from './start/settings.js';
import { openCommon, WINGS } from './wings.js';

/** What the service and its Tarantool make is for their user alone. */
const UMASK = 0o077;
const FIRST_CONNECTION_MS = 3_000;
/** Of the memory for bodies: for changes and small plain imports alone. */
const RESERVED_FOR_SMALL_BYTES = 32 * 1024 * 1024;

async function startRooms(rooms: readonly Room[]): Promise<void> {
  for (const room of rooms) await room.start?.();
}

async function stopRooms(rooms: readonly Room[]): Promise<void> {
  for (const room of [...rooms].reverse()) await room.stop?.();
}

async function main(): Promise<void> {
  process.umask(UMASK);
  const config = readConfigOrGiveUp();
  // A reader that is gone, or a disk that is full, is no reason to end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const log = await createLog({
    level: config.logLevel,
    format: config.logFormat,
    onUnwritable: ({ code }) => process.stderr.write(`The log cannot be written: ${code}.\n`),
  });
  const { version } = JSON.parse(readFileSync(join(config.projectDir, 'package.json'), 'utf8'));
  for (const name of config.unknownNames) log.warn({ name }, 'this setting is not known');

  let hasStarted = false;
  const embedded = config.tarantoolAddresses.length === 0 ? makeEmbedded(config, log) : undefined;
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
    }),
    streams: createEventStreams({ maxStreams: config.maxWatchers, stopping: stopping.signal }),
    hasStarted: () => hasStarted,
    wings: config.wings,
    workerCount: config.workerCount,
    version,
    projectDir: config.projectDir,
  };
  const wings = WINGS.filter(({ name }) => config.wings.includes(name));
  const common = openCommon(parts);
  const rooms = [...wings.flatMap((wing) => wing.open(parts)), ...common.rooms];
  const servers = createServers(rooms, { ...parts, config, rights: common.rights });

  // The port comes first: it tells a second start apart before that touches the data. Until Tarantool is there, 503.
  const port = await servers.listen();
  const orderedStop = createOrderedStop({
    log,
    hasStarted: parts.hasStarted,
    async stop() {
      stopping.abort();
      await servers.stopApi();
      await stopRooms(rooms);
      await db.close();
      await servers.stopMetrics();
      await embedded?.stop();
    },
    onContained: () => servers.metrics.observer.contained('none'),
  });

  if (embedded !== undefined) await startEmbedded(embedded, config);
  try {
    await db.whenReady(FIRST_CONNECTION_MS);
  } catch (reason) {
    if (!orderedStop.isStopping()) log.error({ err: reason }, 'Tarantool is not there; answering 503 until it is');
  }
  if (orderedStop.isStopping()) return;
  await startRooms(rooms);
  hasStarted = true;
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  process.stdout.write(`\nSvodka listens at ${url} (the API: ${url}/docs). Try:\n  curl ${url}/health/ready\n\n`);
  if (!process.argv.includes('--demo')) return;
  try {
    for (const wing of wings) await wing.demo?.(url);
  } catch (reason) {
    // Ctrl-C cuts its requests off: no error, and the ordered stop is under way.
    if (!orderedStop.isStopping()) orderedStop.stopAfter(reason);
  }
}

await main();
