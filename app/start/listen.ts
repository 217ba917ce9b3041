import type { Logger } from 'pino';
import { isLoopback } from '../host_names.js';
import { giveUp } from './give_up.js';
import type { Config } from './settings.js';

/** Starts listening and resolves with the port. @throws the error of the system: EADDRINUSE, EACCES ... */
export type ListenOn = (host: string, port: number) => Promise<number>;

type Address = Readonly<{ host: string; port: number }>;

/** Answers the port; ends the process when it is taken. `setting`: the one that names the port. */
async function listen(listenOn: ListenOn, { host, port }: Address, setting: string): Promise<number> {
  try {
    return await listenOn(host, port);
  } catch (reason) {
    const { code } = reason as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      giveUp(`${host}:${port} is taken: perhaps Svodka runs already. Set ${setting} to another port.`);
    }
    return giveUp(`Svodka cannot listen on ${host}:${port}: ${code}.`);
  }
}

/**
 * Listens for the API, and for /metrics where it has a port of its own. Answers the port of the API. Ends the process when a
 * port is taken.
 */
export async function listenOnPorts(
  config: Config,
  log: Logger,
  listenOn: Readonly<Record<'api' | 'metrics', ListenOn>>,
): Promise<number> {
  const port = await listen(listenOn.api, config, 'SVODKA_PORT');
  if (config.metricsAddress !== undefined) {
    const metricsPort = await listen(listenOn.metrics, config.metricsAddress, 'SVODKA_METRICS_PORT');
    log.info({ host: config.metricsAddress.host, port: metricsPort }, 'metrics have a port of their own');
  }
  if (config.auth === 'work' && !isLoopback(config.host)) {
    log.warn(
      { host: config.host },
      'whoever reaches this port may read, store and delete imports: SVODKA_AUTH=all asks for tokens there too',
    );
  }
  return port;
}
