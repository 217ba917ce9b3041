import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError, EXIT, type ExitCode } from '../command_error.js';
import { pauseBeforeMs } from '../retries.js';

/** With the pauses of retries.ts, about four minutes: enough for an upgrade of the service. */
const MAX_TRIES = 10;

/** Lets a command that follows something outlive a restart of the service. */
type Patience = {
  /** The service has answered: what fails from now on is tried again. */
  reached(): void;
  /** Waits before the next try. @throws `reason` when that is no use; CommandError when the command is interrupted */
  wait(reason: unknown): Promise<void>;
};

/** `note` tells the user that something failed and is tried again. */
export function createPatience(signal: AbortSignal, note: (text: string) => void): Patience {
  let wasReached = false;
  let tries = 0;
  return {
    reached() {
      wasReached = true;
      tries = 0;
    },

    async wait(reason) {
      const mayPass = reason instanceof CommandError && reason.exitCode === EXIT.unavailable;
      if (!mayPass || !wasReached || tries === MAX_TRIES) throw reason;
      tries++;
      note(`${reason.message.split('\n')[0]} Trying again (${tries} of ${MAX_TRIES}).`);
      await sleep(pauseBeforeMs(tries, undefined), undefined, { signal }).catch(() => {
        throw new CommandError(signal.reason as ExitCode, 'Stopped.');
      });
    },
  };
}
