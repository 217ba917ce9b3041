import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { containErrors } from '../faults.js';
import { giveUp } from './give_up.js';

/** All of an ordered stop, Tarantool's included. */
const STOP_LIMIT_MS = 45_000;
/** npm passes a Ctrl-C on that the terminal has sent us already: a second signal this soon is the same one. */
const SAME_SIGNAL_MS = 1_000;

const STOP_SIGNALS: ('SIGINT' | 'SIGTERM')[] = ['SIGINT', 'SIGTERM'];
/** What containErrors decides about. */
const ERROR_EVENTS: ('uncaughtException' | 'unhandledRejection')[] = ['uncaughtException', 'unhandledRejection'];

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

type OrderedStop = {
  isStopping(): boolean;
  /** Stops because of an error, and ends with exit code 1. */
  stopAfter(reason: unknown): void;
};

type OrderedStopOptions = {
  log: Logger;
  /** From then on an error that belongs to no request does not end the process. */
  hasStarted(): boolean;
  /** Called once. */
  stop(): Promise<void>;
  /** Told of each error that belongs to no request and was contained. */
  onContained(): void;
};

/** Takes signals and errors from now on: the first that ends the process stops it in order. */
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
  onStopSignal(grace.close);
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
