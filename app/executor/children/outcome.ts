/** Why an attempt failed; the names are those of the API. */
type Cause =
  | { kind: 'error' }
  | { kind: 'exit'; code: number }
  | { kind: 'signal'; signal: string }
  | { kind: 'timeout' }
  | { kind: 'memory' }
  | { kind: 'lost' }
  | { kind: 'start' };

/** The file that an attempt made: a path in its working folder, or an absolute one. */
export type MadeFile = { path: string; contentType: string };

export type Outcome =
  | { kind: 'finished'; result: unknown; file: MadeFile | undefined }
  | { kind: 'failed'; errortext: string; cause: Cause }
  /** It was ended on purpose: cancelled, or the executor stops. */
  | { kind: 'ended' };
