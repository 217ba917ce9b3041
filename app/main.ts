import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { createChecksRepository } from './census/checks/repository.js';
import { checkRoutes } from './census/checks/routes.js';
import { createChecksService } from './census/checks/service.js';
import { createCitizensRepository } from './census/citizens/repository.js';
import { citizensRoutes } from './census/citizens/routes.js';
import { createCitizensService } from './census/citizens/service.js';
import { createTextMaker } from './census/citizens/text/text_maker.js';
import { createComparisonRepository } from './census/comparison/repository.js';
import { comparisonRoutes } from './census/comparison/routes.js';
import { createComparisonService } from './census/comparison/service.js';
import { runDemo } from './census/demo/run.js';
import { createImportParser } from './census/imports/intake/parser.js';
import { createImportsRepository } from './census/imports/repository.js';
import { importRoutes } from './census/imports/routes.js';
import { createImportsService } from './census/imports/service.js';
import { createPresentsRepository } from './census/presents/repository.js';
import { presentsRoutes } from './census/presents/routes.js';
import { createPresentsService } from './census/presents/service.js';
import { createComputer } from './census/stats/computing/computer.js';
import { createStatsRepository } from './census/stats/repository.js';
import { statsRoutes } from './census/stats/routes.js';
import { createStatsService } from './census/stats/service.js';
import { type Config, ConfigError, readConfig } from './config.js';
import { dashboardPaths } from './dashboard/routes.js';
import type { Client } from './db/client.js';
import { connectDatabase } from './db/connect.js';
import { createEmbedded, type Embedded, StartError } from './db/embedded.js';
import { containErrors } from './faults.js';
import { healthRoutes } from './health/routes.js';
import { createHealthService } from './health/service.js';
import { isLoopback } from './host_names.js';
import { withMinVersion } from './http/answers/data_version.js';
import { routeName, type StaleReads, withMaxStaleness } from './http/answers/staleness.js';
import { createApplication, createBareApplication } from './http/application.js';
import { createBodyBudget } from './http/bodies/body_budget.js';
import { createEventStreams } from './http/event_stream.js';
import { createHostCheck } from './http/host_check.js';
import { createHttpServer, type HttpServer } from './http/server.js';
import { createLog } from './log.js';
import { createMetricsRepository } from './metrics/repository.js';
import { metricsPath } from './metrics/routes.js';
import { createMetricsService } from './metrics/service.js';
import { createUsersRoom } from './users/room.js';

/** Requests under way may take so long to finish once the service is told to stop; the import of 63 MB takes 2 s. */
const STOP_GRACE_MS = 15_000;
/** All of an ordered stop, Tarantool's included. */
const STOP_LIMIT_MS = 45_000;
/** What the service and its Tarantool make is for their user alone. */
const UMASK = 0o077;
const FIRST_CONNECTION_MS = 3_000;
/** An answer with the metrics takes some ms. */
const METRICS_GRACE_MS = 1_000;
/** Of the memory for bodies: for changes and small plain imports alone. */
const RESERVED_FOR_SMALL_BYTES = 32 * 1024 * 1024;
/** npm passes a Ctrl-C on that the terminal has sent us already: a second signal this soon is the same one. */
const SAME_SIGNAL_MS = 1_000;

const STOP_SIGNALS: ('SIGINT' | 'SIGTERM')[] = ['SIGINT', 'SIGTERM'];
/** What containErrors decides about. */
const ERROR_EVENTS: ('uncaughtException' | 'unhandledRejection')[] = ['uncaughtException', 'unhandledRejection'];

/** A complaint for people, without a stack. */
function giveUp(message: string): never {
  process.stderr.write(`\n${message}\n`);
  process.exit(1);
}

type Address = Readonly<{ host: string; port: number }>;

function readSettings(): Config {
  try {
    return readConfig();
  } catch (reason) {
    if (reason instanceof ConfigError) giveUp(`Svodka cannot start with these settings:\n${reason.message}`);
    throw reason;
  }
}

async function listen(server: HttpServer, { host, port }: Address, setting: string): Promise<number> {
  try {
    return await server.listen(host, port);
  } catch (reason) {
    const { code } = reason as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      giveUp(`${host}:${port} is taken: perhaps Svodka runs already. Set ${setting} to another port.`);
    }
    return giveUp(`Svodka cannot listen on ${host}:${port}: ${code}.`);
  }
}

function makeEmbedded(config: Config, log: Logger): Embedded {
  try {
    return createEmbedded(config, log);
  } catch (reason) {
    if (reason instanceof StartError)
      giveUp(`Svodka cannot start: ${reason.message}. SVODKA_DATA_DIR names its folder.`);
    throw reason;
  }
}

async function startEmbedded(embedded: Embedded, { dataDir }: Config): Promise<void> {
  try {
    await embedded.start();
  } catch (reason) {
    if (!(reason instanceof StartError)) throw reason;
    // Ctrl-C while it was loading: the ordered stop is under way and ends the process.
    if (embedded.isStopping()) await new Promise(() => {});
    if (reason.code === 'DATA_DIR_IN_USE') {
      giveUp(`The data folder ${dataDir} is in use: Svodka runs there already. Set SVODKA_DATA_DIR to another folder.`);
    }
    giveUp(`Tarantool did not start: ${reason.message}.`);
  }
}

/** The schema that this program needs: the number of its last migration. */
function lastMigration(projectDir: string): number {
  const names = readdirSync(join(projectDir, 'tarantool', 'migrations'));
  return Math.max(0, ...names.map((name) => Number(/^(\d{3})_\w+\.lua$/.exec(name)?.[1] ?? 0)));
}

/** `stop` is called on the first signal; a later one ends the process at once. */
function onStopSignal(stop: () => void): void {
  let firstAt: number | undefined;
  const onSignal = () => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      stop();
    } else if (performance.now() - firstAt > SAME_SIGNAL_MS) {
      giveUp('Stopped at once, not waiting for what is under way.');
    }
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
}

async function main(): Promise<void> {
  process.umask(UMASK);
  const config = readSettings();
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
  const embedded = config.tarantoolAddress === undefined ? makeEmbedded(config, log) : undefined;
  const { db, pair } = connectDatabase(config, embedded, log);
  const parser = createImportParser(config.workerCount);
  const texts = createTextMaker(config.workerCount);
  const computer = createComputer();
  const stopping = new AbortController();
  const streams = createEventStreams({ maxStreams: config.maxWatchers, stopping: stopping.signal });
  const budget = createBodyBudget(config.bodiesMemoryBytes, {
    busyCode: 'TOO_MANY_IMPORTS',
    reservedBytes: RESERVED_FOR_SMALL_BYTES,
  });
  const roomsOn = (client: Client, maxVersionWaitMs?: number) => {
    const imports = createImportsService({
      repository: createImportsRepository(client),
      parser,
      ...(maxVersionWaitMs !== undefined && { maxVersionWaitMs }),
    });
    const { stateOf } = imports;
    const citizens = createCitizensService({ repository: createCitizensRepository(client), texts, stateOf });
    const stats = createStatsService({ repository: createStatsRepository(client), stateOf, computer });
    const presents = createPresentsService(createPresentsRepository(client), stateOf);
    const comparison = createComparisonService(
      createComparisonRepository(client, { stateOf, townTotals: stats.townTotals }),
    );
    const routes = [
      ...importRoutes(imports, { bodyLimitBytes: config.bodyLimitBytes, budget, streams }),
      ...citizensRoutes(citizens, { bodyLimitBytes: config.bodyLimitBytes, budget }),
      ...statsRoutes(stats),
      ...presentsRoutes(presents),
      ...comparisonRoutes(comparison),
    ];
    return {
      imports,
      citizens,
      stats,
      presents,
      comparison,
      routes: routes.map((route) => withMinVersion(route, imports.reachVersion)),
    };
  };
  const stale: StaleReads | undefined = pair && {
    handlers: new Map(roomsOn(pair.replica, 0).routes.map((route) => [routeName(route), route.handle])),
    stalenessMs: pair.stalenessMs,
    onRefusal: (reason) => log.debug({ err: reason }, 'the primary answers instead of the replica'),
  };
  const { imports, citizens, stats, presents, comparison, routes: dataRoutes } = roomsOn(db);
  const users = createUsersRoom({ ...config, db, log, stopping: stopping.signal });
  const health = createHealthService(db, {
    schema: lastMigration(config.projectDir),
    hasStarted: () => hasStarted,
  });
  const routes = [
    ...dataRoutes.map((route) => withMaxStaleness(route, stale)),
    ...checkRoutes(createChecksService(createChecksRepository(db))).map((route) =>
      withMinVersion(route, imports.reachVersion),
    ),
    ...healthRoutes(health),
    ...users.routes,
  ];
  const metrics = createMetricsService(createMetricsRepository(db), {
    version,
    connection: db.use,
    threads: () => ({ parse: parser.threadUse(), text: texts.threadUse(), statistics: computer.threadUse() }),
    bodies: budget.use,
    kept: () => ({
      lists: citizens.keptUse(),
      statistics: stats.keptUse(),
      presents: presents.keptUse(),
      comparisons: comparison.keptUse(),
    }),
    watchers: imports.watcherCount,
    connections: () => server.connectionCount(),
  });
  const application = createApplication({
    routes,
    pages: [...dashboardPaths(config.projectDir), ...(config.hasMetricsBeside ? [metricsPath(metrics)] : [])],
    log,
    observer: metrics.observer,
    hostCheck: createHostCheck({ address: config.host, hosts: config.hosts }),
    rights: users.rights,
    version,
    projectDir: config.projectDir,
  });
  const server = createHttpServer(application);
  const metricsHostCheck = createHostCheck({ address: config.metricsAddress?.host ?? '', hosts: config.hosts });
  const metricsServer = createHttpServer(
    createBareApplication([metricsPath(metrics)], log, { hostCheck: metricsHostCheck }),
  );

  // The port comes first: it tells a second start apart before that touches the data. Until Tarantool is there, 503.
  const port = await listen(server, config, 'SVODKA_PORT');
  if (config.metricsAddress !== undefined) {
    const metricsPort = await listen(metricsServer, config.metricsAddress, 'SVODKA_METRICS_PORT');
    log.info({ host: config.metricsAddress.host, port: metricsPort }, 'metrics have a port of their own');
  }
  if (config.auth === 'work' && !isLoopback(config.host)) {
    log.warn(
      { host: config.host },
      'whoever reaches this port may read, store and delete imports: SVODKA_AUTH=all asks for tokens there too',
    );
  }
  let isStopping = false;
  let fault: unknown;
  const skip = [...STOP_SIGNALS, ...ERROR_EVENTS];
  const grace = closeWithGrace({ delay: STOP_LIMIT_MS, logger: log, skip }, async () => {
    isStopping = true;
    if (fault === undefined) log.info('stopping');
    stopping.abort();
    await server.stop(STOP_GRACE_MS);
    await db.close();
    await parser.close();
    await texts.close();
    await computer.close();
    await metricsServer.stop(METRICS_GRACE_MS);
    await embedded?.stop();
    log.info('stopped');
    if (fault !== undefined) process.exit(1);
  });
  onStopSignal(grace.close);
  const stopAfter = (reason: unknown): void => {
    log.fatal({ err: reason }, 'stopping because of an error');
    fault ??= reason ?? new Error('an error without a value');
    if (!isStopping) void grace.close();
  };
  containErrors({
    log,
    hasStarted: () => hasStarted,
    onContained: () => metrics.observer.contained('none'),
    stop: stopAfter,
  });

  if (embedded !== undefined) await startEmbedded(embedded, config);
  try {
    await db.whenReady(FIRST_CONNECTION_MS);
  } catch (reason) {
    if (!isStopping) log.error({ err: reason }, 'Tarantool is not there; answering 503 until it is');
  }
  if (isStopping) return;
  await users.start();
  parser.warmUp();
  texts.warmUp();
  hasStarted = true;
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  process.stdout.write(`\nSvodka listens at ${url} (the API: ${url}/docs). Try:\n  curl ${url}/health/ready\n\n`);
  if (!process.argv.includes('--demo')) return;
  try {
    await runDemo(url);
  } catch (reason) {
    // Ctrl-C cuts its requests off: no error, and the ordered stop is under way.
    if (!isStopping) stopAfter(reason);
  }
}

await main();
