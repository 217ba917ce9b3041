import type { Logger } from 'pino';
import type { Client } from '../db/client.js';
import { createApplication, createBareApplication } from '../http/application.js';
import type { BodyBudget } from '../http/bodies/body_budget.js';
import { createHostCheck } from '../http/host_check.js';
import { createHttpServer, type HttpServer } from '../http/server.js';
import { createMetricsRepository } from '../metrics/repository.js';
import { metricsPath } from '../metrics/routes.js';
import { createMetricsService, type MetricsService } from '../metrics/service.js';
import { serviceMetrics } from '../metrics/service_metrics.js';
import type { Gather } from '../metrics/together.js';
import type { Room } from '../room.js';
import { createRpc } from '../rpc/rpc_route.js';
import type { Siblings } from '../siblings/siblings.js';
import { type Rights, requireRole, signedInCaller } from '../users/rights.js';
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
  siblings: Siblings;
  gather: Gather | undefined;
};

type Both<Value> = Readonly<Record<'api' | 'metrics', Value>>;

type Servers = {
  metrics: MetricsService;
  listenOn: Both<HttpServer['listen']>;
  adopt: Both<HttpServer['adopt']>;
  /** Ends the server of the API once its requests are answered. */
  stopApi(): Promise<void>;
  stopMetrics(): Promise<void>;
};

/** The rooms on the port of the API, and /metrics there or on a port of its own. */
export function createServers(rooms: readonly Room[], parts: ServersParts): Servers {
  const { config, db, bodyBudget, rights, version, log, siblings, gather } = parts;
  let api: HttpServer | undefined;
  const ownMetrics = serviceMetrics({
    version,
    connection: db.use,
    bodies: bodyBudget.use,
    connections: () => api?.connectionCount() ?? 0,
    siblings,
  });
  const allMetrics = [...ownMetrics, ...rooms.flatMap((room) => room.metrics ?? [])];
  const metrics = createMetricsService(createMetricsRepository(db), allMetrics, gather);
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
    listenOn: { api: server.listen, metrics: beside.listen },
    adopt: { api: server.adopt, metrics: beside.adopt },
    stopApi: () => server.stop(STOP_GRACE_MS),
    stopMetrics: () => beside.stop(METRICS_GRACE_MS),
  };
}
