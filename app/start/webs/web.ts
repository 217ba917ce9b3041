import type { Logger } from 'pino';
import { createOrderedStop } from '../ordered_stop.js';
import { createService } from '../service.js';
import type { Config } from '../settings.js';
import { joinSupervisor } from './supervisor_link.js';

/** Runs a web process: it answers on connections that its supervisor gives it. */
export async function runWeb(config: Config, log: Logger, version: string): Promise<void> {
  const supervisor = await joinSupervisor();
  const { embedded, siblings, gather } = supervisor;
  const service = createService({ config, log, version, embedded, siblings, gather });
  const { metrics, adopt } = service.servers;
  supervisor.open({ adopt, counted: metrics.counted });
  const orderedStop = createOrderedStop({
    log,
    hasStarted: service.hasStarted,
    stop: service.stop,
    onContained: () => metrics.observer.contained('none'),
  });
  await supervisor.databaseStarted;
  await service.start(orderedStop.isStopping);
  if (!orderedStop.isStopping()) supervisor.started();
}
