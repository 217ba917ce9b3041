import { type RunningService, startService } from '../service.js';
import { type RunningTarantool, startTarantool, type TarantoolOptions } from './tarantool.js';

export type ExternalPair = { service: RunningService; tarantool: RunningTarantool; stop(): Promise<void> };

/** How a service reaches a Tarantool that is not its child. */
export function settingsFor({ address, user, password }: RunningTarantool): Record<string, string> {
  return {
    SVODKA_TARANTOOL_URI: 'path' in address ? address.path : `${address.host}:${address.port}`,
    SVODKA_TARANTOOL_USER: user,
    SVODKA_TARANTOOL_PASSWORD: password,
  };
}

/** A service and a separate Tarantool that tests may stop and restart, without a supervisor that restarts it. */
export async function startPair(
  options: TarantoolOptions = {},
  env: Record<string, string> = {},
): Promise<ExternalPair> {
  const tarantool = await startTarantool(options);
  const service = await startService({ env: { ...settingsFor(tarantool), ...env } });
  const pair: ExternalPair = {
    service,
    tarantool,
    async stop() {
      await service.stop();
      // The current process: a test may have replaced it.
      await pair.tarantool.end('SIGKILL');
    },
  };
  return pair;
}
