import type { TarantoolAddress } from '../config.js';
import { invariant } from '../faults.js';
import { createCallCounts, type ProcedureCalls } from './calls/call_counts.js';
import { createDeadlineTimer } from './calls/deadline_timer.js';
import { createOpenCalls } from './calls/open_calls.js';
import { notSent } from './errors.js';
import type { Procedure } from './procedure.js';
import { CLIENT_INVARIANT, createLink, type LinkState } from './wire/link.js';
import type { MsgpackInput } from './wire/msgpack.js';

export type ClientOptions = {
  /** Of several, each of which will do, the next is used when the connection to one is lost or cannot be made. */
  address: TarantoolAddress | readonly TarantoolAddress[];
  user: string;
  password: string;
  /** Default deadline of a call. */
  deadlineMs?: number;
  connectTimeoutMs?: number;
  /** Limit of calls in flight; below net_msg_max (768), beyond which Tarantool silently stops reading. */
  maxInFlight?: number;
  /** Limit of calls that wait to be sent; further calls are refused. */
  maxWaiting?: number;
  /** Called for each new state, and for each new reason of being disconnected: a refused password, for instance. */
  onStateChange?: (state: ClientState, reason: string) => void;
};

export type ClientState = LinkState;

/** `connectionsMade` and `calls` count since the start; `calls` by procedure name. */
export type ClientUse = {
  state: ClientState;
  inFlight: number;
  waiting: number;
  connectionsMade: number;
  calls: ReadonlyMap<string, Readonly<ProcedureCalls>>;
};

export type Client = {
  /**
   * Calls a procedure and resolves with its return values.
   * @throws ServiceError; OUTCOME_UNKNOWN when a write was sent and no answer will come
   */
  call<Args extends readonly MsgpackInput[], Result>(
    procedure: Procedure<Args, Result>,
    args: NoInfer<Args>,
    options?: { deadlineMs?: number },
  ): Promise<Result>;
  state(): ClientState;
  use(): ClientUse;
  /** Resolves once connected; rejects with the last reason after timeoutMs. */
  whenReady(timeoutMs: number): Promise<void>;
  /** Waits up to graceMs for calls in flight, then closes the connection. */
  close(graceMs?: number): Promise<void>;
};

/**
 * Creates a client that makes concurrent calls over one connection, each with a deadline, and reconnects by itself.
 * When the connection is lost, calls in flight are rejected at once; no call is ever sent twice (docs/adr/0001).
 */
export function createClient(options: ClientOptions): Client {
  const { address, user, password, onStateChange } = options;
  const { deadlineMs = 10_000, connectTimeoutMs = 5_000, maxInFlight = 512, maxWaiting = 8_192 } = options;
  const counts = createCallCounts();
  const openCalls = createOpenCalls({ maxInFlight, maxWaiting, counts });
  const link = createLink({
    addresses: 'length' in address ? address : [address],
    connection: { user, password, timeoutMs: connectTimeoutMs },
    onReply: openCalls.settle,
    onWritable: sendWaiting,
    onLost: openCalls.rejectAll,
    onStateChange,
  });
  const deadlines = createDeadlineTimer(invariant(CLIENT_INVARIANT, endOverdue));

  function sendWaiting(): void {
    const socket = link.socket();
    if (socket === undefined) return;
    openCalls.sendWaiting(socket);
    if (link.state() === 'closed' && openCalls.inFlight() === 0) socket.end();
  }

  function endOverdue(now: number): number | undefined {
    // Nothing has arrived since an expired call was sent: the peer is gone without closing the connection.
    const { isSilent, nextDeadline } = openCalls.expire(now, link.lastReceivedAt());
    if (isSilent) link.socket()?.destroy(new Error('the database stopped answering'));
    sendWaiting();
    return nextDeadline;
  }

  return {
    call<Args extends readonly MsgpackInput[], Result>(
      procedure: Procedure<Args, Result>,
      args: NoInfer<Args>,
      callOptions: { deadlineMs?: number } = {},
    ) {
      return new Promise<Result>((resolve, reject) => {
        const { name, kind, leavesLastPacked = false } = procedure;
        const socket = link.socket();
        if (socket === undefined || link.state() !== 'ready') {
          counts.note(name, 'unsent');
          reject(notSent('DATABASE_AWAY', 'There is no connection to the database.'));
          return;
        }
        const deadline = performance.now() + (callOptions.deadlineMs ?? deadlineMs);
        const onValues = (values: unknown[]) => resolve(values as Result);
        openCalls.add({ name, args, kind, leavesLastPacked, deadline, resolve: onValues, reject }, socket);
        deadlines.expect(deadline);
      });
    },

    state: link.state,

    use: () => ({
      state: link.state(),
      inFlight: openCalls.inFlight(),
      waiting: openCalls.waiting(),
      connectionsMade: link.connectionsMade(),
      calls: counts.read(),
    }),

    whenReady: link.whenReady,

    async close(graceMs = 1_000) {
      await link.close(graceMs);
      deadlines.stop();
    },
  };
}
