import { onStopSignals, type StopSignal } from '../stop_signals.js';
import { EXIT, type ExitCode } from './command_error.js';

const EXIT_CODE_OF: Readonly<Record<StopSignal, ExitCode>> = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated };

/** Aborted by the first signal, with the exit code as its reason; a repeated signal ends the process at once. */
export function createInterruption(): AbortSignal {
  const controller = new AbortController();
  onStopSignals({
    onFirst: (signal) => controller.abort(EXIT_CODE_OF[signal]),
    onRepeated: (signal) => process.exit(EXIT_CODE_OF[signal]),
  });
  return controller.signal;
}

/**
 * Aborted when nobody reads the output any more (`| head`), with the exit code of success as its reason: a command that
 * follows something ends, and that is no error.
 */
export function closedSignal(stdout: NodeJS.WritableStream): AbortSignal {
  const controller = new AbortController();
  stdout.on('error', () => controller.abort(EXIT.success));
  return controller.signal;
}
