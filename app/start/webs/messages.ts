import type { Counted } from '../../metrics/together.js';

/** Names the servers of a web process: that of the API, and that of /metrics where it has a port of its own. */
export type ServerName = 'api' | 'metrics';

/** How the Tarantool is reached that the supervisor has started. */
export type EmbeddedAccess = { address: { path: string }; password: string; executorPassword: string };

/** From the supervisor to a web process. `begin` comes first. */
export type ToWeb =
  | { type: 'begin'; embedded: EmbeddedAccess | undefined }
  /** Tarantool, if the supervisor starts it, has been started. */
  | { type: 'databaseStarted' }
  /** Comes with the socket, unless its client has left. */
  | { type: 'connection'; id: number; server: ServerName }
  | { type: 'webCount'; running: number; wanted: number }
  | { type: 'figure'; name: string; others: number }
  /** Asks for `counted`. */
  | { type: 'count'; id: number }
  /** Another process wants what this one holds. */
  | { type: 'wanted'; name: string }
  | { type: 'answer'; id: number; value: unknown };

/** What a web process asks its supervisor, with the value of the answer. */
export type Question =
  /** What all have counted: `readonly Counted[]`. */
  | { what: 'gather'; own: Counted }
  /** Answered once the name is held. */
  | { what: 'hold'; name: string }
  /** The names that are held: `readonly string[]`. */
  | { what: 'held' }
  /** Answered once the name is free. */
  | { what: 'wrest'; name: string }
  /** Answered when the turn begins; `endTurn` ends it. */
  | { what: 'turn'; name: string };

/** From a web process to the supervisor. */
export type FromWeb =
  /** Connections are welcome. Until the database is there they get 503. */
  | { type: 'open' }
  /** Its rooms have been started. */
  | { type: 'started' }
  /** The connection is served here; the supervisor may forget it. */
  | { type: 'accepted'; id: number }
  | { type: 'figure'; name: string; value: number }
  | { type: 'counted'; id: number; counted: Counted }
  | { type: 'release'; name: string }
  | { type: 'endTurn'; id: number }
  | { type: 'ask'; id: number; question: Question };

/** The handler of each type of message. */
export type Handlers<Message extends { type: string }, More extends unknown[]> = {
  readonly [Type in Message['type']]: (message: Extract<Message, { type: Type }>, ...more: More) => void;
};
