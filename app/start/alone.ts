import type { Logger } from 'pino';
import { ALONE } from '../siblings/siblings.js';
import { makeEmbedded, startEmbedded } from './embedded.js';
import { listenOnPorts } from './listen.js';
import { createOrderedStop, type OrderedStop } from './ordered_stop.js';
import { createService, openRoomsOnce } from './service.js';
import type { Config } from './settings.js';

type AloneOptions = {
  config: Config;
  log: Logger;
  version: string;
  /** Called once everything has been started. */
  onReady(port: number, orderedStop: OrderedStop): Promise<void>;
};

/** Runs the service in this process. */
export async function runAlone({ config, log, version, onReady }: AloneOptions): Promise<void> {
  const embedded = config.tarantoolAddresses.length === 0 ? makeEmbedded(config, log) : undefined;
  const service = createService({ config, log, version, embedded, siblings: ALONE, roomsOnce: openRoomsOnce(config) });

  // The port comes first: a second start fails there, before it touches the data. Until Tarantool is ready, answers are 503.
  const port = await listenOnPorts(config, log, service.servers.listenOn);
  const orderedStop = createOrderedStop({
    log,
    hasStarted: service.hasStarted,
    async stop() {
      await service.stop();
      await embedded?.stop();
    },
    onContained: () => service.servers.metrics.observer.contained('none'),
  });
  if (embedded !== undefined) await startEmbedded(embedded, config);
  await service.start(orderedStop.isStopping);
  if (!orderedStop.isStopping()) await onReady(port, orderedStop);
}
