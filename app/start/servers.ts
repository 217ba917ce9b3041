import type { Logger } from 'pino';
import type { Client } from '../db/client.js';
import { isLoopback } from '../host_names.js';
import { createApplication, createBareApplication } from '../http/application.js';
import type { BodyBudget } from '../http/bodies/body_budget.js';
import { createHostCheck } from '../http/host_check.js';
import { createHttpServer, type HttpServer } from '../http/server.js';
import { createMetricsRepository } from '../metrics/repository.js';
import { metricsPath } from '../metrics/routes.js';
import { createMetricsService, type MetricsService } from '../metrics/service.js';
import { serviceMetrics } from '../metrics/service_metrics.js';
import type { Room } from '../room.js';
import { createRpc } from '../rpc/rpc_route.js';
import { type Rights, requireRole, signedInCaller } from '../users/rights.js';
import { listen } from './listen.js';
import type { Config } from './settings.js';

/** Requests under way may take so long to finish once the service is told to stop; the import of 63 MB takes 2 s. */
const STOP_GRACE_MS = 15_000;
/** An answer with the metrics takes some ms. */
const METRICS_GRACE_MS = 1_000;

type ServersParts = {
  config: Config;
  db: Client;
  bodyBudget: BodyBudget;
  rights: Rights;
  version: string;
  log: Logger;
  stopping: AbortSignal;
};

type Servers = {
  metrics: MetricsService;
  /** Answers the port of the API. Ends the process when a port is taken. */
  listen(): Promise<number>;
  /** Ends the server of the API once its requests are answered. */
  stopApi(): Promise<void>;
  stopMetrics(): Promise<void>;
};

/** The rooms on the port of the API, and /metrics there or on a port of its own. */
export function createServers(rooms: readonly Room[], parts: ServersParts): Servers {
  const { config, db, bodyBudget, rights, version, log } = parts;
  let api: HttpServer | undefined;
  const metrics = createMetricsService(createMetricsRepository(db), [
    ...serviceMetrics({
      version,
      connection: db.use,
      bodies: bodyBudget.use,
      connections: () => api?.connectionCount() ?? 0,
    }),
    ...rooms.flatMap((room) => room.metrics ?? []),
  ]);
  const rpc = createRpc({
    ...parts,
    methods: rooms.flatMap((room) => room.methods ?? []),
    callerOf: signedInCaller,
    neededRoles: rights.neededRoles,
    requireRole,
  });
  const application = createApplication({
    routes: [...rooms.flatMap((room) => room.routes), rpc.route],
    pages: [...rooms.flatMap((room) => room.pages ?? []), ...(config.hasMetricsBeside ? [metricsPath(metrics)] : [])],
    log,
    observer: metrics.observer,
    hostCheck: createHostCheck({ address: config.host, hosts: config.hosts }),
    rights,
    docsSections: [rpc.docs],
    version,
    projectDir: config.projectDir,
  });
  const server = createHttpServer(application);
  api = server;
  const hostCheck = createHostCheck({ address: config.metricsAddress?.host ?? '', hosts: config.hosts });
  const beside = createHttpServer(createBareApplication([metricsPath(metrics)], log, { hostCheck }));

  return {
    metrics,

    async listen() {
      const port = await listen(server, config, 'SVODKA_PORT');
      if (config.metricsAddress !== undefined) {
        const metricsPort = await listen(beside, config.metricsAddress, 'SVODKA_METRICS_PORT');
        log.info({ host: config.metricsAddress.host, port: metricsPort }, 'metrics have a port of their own');
      }
      if (config.auth === 'work' && !isLoopback(config.host)) {
        log.warn(
          { host: config.host },
          'whoever reaches this port may read, store and delete imports: SVODKA_AUTH=all asks for tokens there too',
        );
      }
      return port;
    },

    stopApi: () => server.stop(STOP_GRACE_MS),
    stopMetrics: () => beside.stop(METRICS_GRACE_MS),
  };
}
