/** What a run of the program ends with. */
export const EXIT = {
  good: 0,
  /** The service refused the import. */
  refused: 1,
  /** A check found what is wrong. */
  differs: 1,
  /** The arguments, or the file that they name, are no use. */
  usage: 2,
  /** A check could not be made, or not to its end. */
  notFoundOut: 2,
  /** The service is away, or could not do it now. */
  away: 3,
  /** As a shell says it: 128 and the number of the signal. */
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with words for people. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}
