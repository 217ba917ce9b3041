/** What is said of an error, whichever way a client asks. */
export type ErrorKind = {
  /** Of the problem over HTTP. */
  readonly status: number;
  /** -32001 not allowed, -32003 the database is away, -32004 no such thing, -32009 the state forbids it, -32029 too many. */
  readonly rpcCode: number;
  readonly title: string;
  /** What the page says. */
  readonly russian: string;
  /**
   * Codes of tarantool/lib/errors.lua that become this error, each with the sentence that the client gets. Codes whose
   * error has details are in db/errors.ts.
   */
  readonly lua?: Readonly<Record<string, string>>;
};
