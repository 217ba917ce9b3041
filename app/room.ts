import type { Logger } from 'pino';
import type { SettingsReader, SettingsTable } from './config.js';
import type { Client } from './db/client.js';
import type { ExecutorAccess } from './db/connect.js';
import type { Procedure } from './db/procedure.js';
import type { BodyBudget } from './http/bodies/body_budget.js';
import type { EventStreams } from './http/event_stream.js';
import type { Route, ServedPath } from './http/route.js';
import type { Metric } from './metric.js';
import type { Method } from './rpc/method.js';
import type { Siblings } from './siblings/siblings.js';
import type { Caller } from './users/repository.js';

/** A subject of the service, as createXRoom(parts) of its folder makes it. */
export type Room = {
  readonly routes: readonly Route[];
  /** Paths for browsers and operators, which the OpenAPI document does not tell of. */
  readonly pages?: readonly ServedPath[];
  /** Of JSON-RPC. */
  readonly methods?: readonly Method<Caller>[];
  readonly metrics?: readonly Metric[];
  /** Called once the database is there, or the service has stopped waiting for it. */
  start?(): void | Promise<void>;
  /**
   * Called when no request is under way any more and the database is still there; rooms stop in the reverse order of
   * their list.
   */
  stop?(): void | Promise<void>;
};

/** What rooms are made of. A wing adds what its own rooms share. */
export type Parts = {
  db: Client;
  /** A database that answers reads with data that may be old. `stalenessMs`: how old at most; undefined while it is away. */
  replica?: { db: Client; stalenessMs(): number | undefined } | undefined;
  /** How executors, which are programs of their own, reach the database. */
  executorAccess: ExecutorAccess;
  settings: SettingsReader;
  log: Logger;
  /** Aborted when the ordered stop begins: whatever waits for events ends then. */
  stopping: AbortSignal;
  /** Of all bodies in work at once. */
  bodyBudget: BodyBudget;
  streams: EventStreams;
  /** The web processes that share the port, and what they have together. */
  siblings: Siblings;
  /** Whether the rooms have been started. */
  hasStarted(): boolean;
  /** Names of the wings that are on. */
  wings: readonly string[];
  /** Threads that a pool should have. */
  workerCount: number;
  version: string;
  /** The folder that holds tarantool/ and package.json. */
  projectDir: string;
};

/** The procedures that a room calls, by the names it has for them. */
type ProcedureTable = Readonly<Record<string, Pick<Procedure<never, unknown>, 'name' | 'kind'>>>;

/** What a room is made of that is there once, however many web processes there are. */
export type OnceParts = Pick<Parts, 'settings' | 'executorAccess' | 'log' | 'stopping' | 'projectDir'>;

/** Rooms that belong together, and are on or off together. No wing knows another. */
export type Wing = {
  readonly name: string;
  readonly settings: SettingsTable;
  readonly procedures: readonly ProcedureTable[];
  /** The rooms of each web process. */
  open(parts: Parts): readonly Room[];
  /** Rooms without routes that are there once, in the process that starts the others. */
  openOnce?(parts: OnceParts): readonly Room[];
  /** What `npm start -- --demo` shows of a service that has just started. */
  demo?(url: string): Promise<void>;
};
