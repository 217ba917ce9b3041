import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { containErrors } from '../faults.js';
import { onStopSignals, STOP_SIGNALS } from '../stop_signals.js';
import { giveUp } from './give_up.js';

/** Time limit of the whole ordered stop, Tarantool's included. */
const STOP_LIMIT_MS = 45_000;

/** Handled by containErrors. */
const ERROR_EVENTS: ('uncaughtException' | 'unhandledRejection')[] = ['uncaughtException', 'unhandledRejection'];

export type OrderedStop = {
  isStopping(): boolean;
  /** Stops because of an error, and ends with exit code 1. */
  stopAfter(reason: unknown): void;
};

type OrderedStopOptions = {
  log: Logger;
  /** Once true, an error that belongs to no request no longer ends the process. */
  hasStarted(): boolean;
  /** Called once. */
  stop(): Promise<void>;
  /** Called for each error that belongs to no request and was contained. */
  onContained(): void;
};

/** Handles signals and errors from now on: the first that must end the process starts an ordered stop. */
export function createOrderedStop({ log, hasStarted, stop, onContained }: OrderedStopOptions): OrderedStop {
  let isStopping = false;
  let fault: unknown;
  const skip = [...STOP_SIGNALS, ...ERROR_EVENTS];
  const grace = closeWithGrace({ delay: STOP_LIMIT_MS, logger: log, skip }, async () => {
    isStopping = true;
    if (fault === undefined) log.info('stopping');
    await stop();
    log.info('stopped');
    if (fault !== undefined) process.exit(1);
  });
  onStopSignals({
    onFirst: () => void grace.close(),
    onRepeated: () => giveUp('Stopped at once, not waiting for what is under way.'),
  });
  const stopAfter = (reason: unknown): void => {
    log.fatal({ err: reason }, 'stopping because of an error');
    fault ??= reason ?? new Error('an error without a value');
    if (!isStopping) void grace.close();
  };
  containErrors({ log, hasStarted, onContained, stop: stopAfter });
  return {
    isStopping: () => isStopping,
    stopAfter,
  };
}
