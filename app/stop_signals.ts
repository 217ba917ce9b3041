export type StopSignal = 'SIGINT' | 'SIGTERM';

/** Signals that ask a program to stop: Ctrl-C, and what systemd, Docker and `kill` send. */
export const STOP_SIGNALS: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

/** npm forwards the Ctrl-C that the terminal has already sent to the program: a signal this soon is a copy of the first. */
const DUPLICATE_SIGNAL_MS = 1_000;

type StopSignalHandlers = {
  /** Called once. */
  onFirst(signal: StopSignal): void;
  /** Called on each signal that arrives more than a second after the first: the user does not want to wait. */
  onRepeated(signal: StopSignal): void;
};

/** Handles SIGINT and SIGTERM from now on, so that neither ends the process by itself. */
export function onStopSignals({ onFirst, onRepeated }: StopSignalHandlers): void {
  let firstAt: number | undefined;
  const onSignal = (signal: StopSignal) => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      onFirst(signal);
    } else if (performance.now() - firstAt > DUPLICATE_SIGNAL_MS) {
      onRepeated(signal);
    }
  };
  for (const signal of STOP_SIGNALS) process.on(signal, () => onSignal(signal));
}
