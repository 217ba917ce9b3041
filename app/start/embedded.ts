import type { Logger } from 'pino';
import { createEmbedded, type Embedded, type EmbeddedSettings, StartError } from '../db/embedded.js';
import { giveUp } from './give_up.js';

/** The Tarantool that the service starts; ends the process when its folder cannot be made. */
export function makeEmbedded(config: EmbeddedSettings, log: Logger): Embedded {
  try {
    return createEmbedded(config, log);
  } catch (reason) {
    if (reason instanceof StartError)
      giveUp(`Svodka cannot start: ${reason.message}. SVODKA_DATA_DIR names its folder.`);
    throw reason;
  }
}

/** Waits until it serves; ends the process when it does not start. */
export async function startEmbedded(embedded: Embedded, { dataDir }: EmbeddedSettings): Promise<void> {
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
