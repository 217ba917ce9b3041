/** Exit codes. */
export const EXIT = {
  success: 0,
  /** The service refused the import. */
  refused: 1,
  /** A check found wrong counts. */
  differs: 1,
  /** The arguments, or the file that they name, cannot be used. */
  usage: 2,
  /** A check could not be started or finished. */
  notChecked: 2,
  /** The service cannot be reached, or failed for now. */
  unavailable: 3,
  /** As shells report it: 128 plus the number of the signal. */
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command; the message is shown to the user. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}
