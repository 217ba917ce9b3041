import type { Socket } from 'node:net';
import type { TarantoolAddress } from '../../config.js';
import { invariant, runInvariant } from '../../faults.js';
import { type ConnectOptions, openConnection } from './connection.js';
import { createFrameParser, type Frame } from './frames.js';

export type LinkState = 'connecting' | 'ready' | 'closed';

type LinkOptions = {
  /** Each of them will do; the next is used when the connection to one is lost or cannot be made. */
  addresses: readonly TarantoolAddress[];
  connection: Omit<ConnectOptions, 'address'>;
  onReply(reply: Frame): void;
  /** Called when the socket may take more data. */
  onWritable(): void;
  /** Called when a connection was lost. No reply to what was sent over it will come. */
  onLost(): void;
  /** Called for each new state, and for each new reason of being disconnected: a refused password, for instance. */
  onStateChange?: ((state: LinkState, reason: string) => void) | undefined;
};

/** A connection to Tarantool that is re-established when it is lost. */
type Link = {
  state(): LinkState;
  /** The open connection, if there is one. */
  socket(): Socket | undefined;
  /** When the last bytes arrived, in terms of performance.now(). */
  lastReceivedAt(): number;
  connectionsMade(): number;
  /** Resolves once connected; rejects with the last reason after timeoutMs. */
  whenReady(timeoutMs: number): Promise<void>;
  /** Resolves once the connection has ended, which is forced after graceMs; until then the owner may end it. */
  close(graceMs: number): Promise<void>;
};

/** If a step of the client fails midway, calls may wait forever or get the answers of others. */
export const CLIENT_INVARIANT = 'the open calls and the connection of the Tarantool client are consistent';
const FIRST_BACKOFF_MS = 50;
const LAST_BACKOFF_MS = 2000;

export function createLink(options: LinkOptions): Link {
  const { addresses, connection, onReply, onWritable, onLost, onStateChange } = options;
  let state: LinkState = 'connecting';
  let socket: Socket | undefined;
  let lastReason = 'not connected yet';
  let lastReceivedAt = 0;
  let connectionsMade = 0;
  let backoffMs = FIRST_BACKOFF_MS;
  let place = 0;
  /** Addresses that failed since the last connection was made. */
  let failedCount = 0;
  let reconnectTimer: NodeJS.Timeout | undefined;
  let stateListeners: (() => void)[] = [];

  function setState(next: LinkState, reason: string): void {
    const isNew = state !== next || lastReason !== reason;
    lastReason = reason;
    state = next;
    if (isNew) onStateChange?.(next, reason);
    for (const listener of [...stateListeners]) listener();
  }

  function lose(reason: Error): void {
    socket = undefined;
    if (state === 'closed') {
      setState('closed', reason.message);
    } else {
      setState('connecting', reason.message);
      scheduleReconnect();
    }
    onLost();
  }

  function adopt(connected: Socket): void {
    const parse = createFrameParser(onReply);
    let lossReason = new Error('the database closed the connection');
    connected.on('error', (reason) => {
      lossReason = reason;
    });
    const onData = (chunk: Buffer) => {
      lastReceivedAt = performance.now();
      try {
        parse(chunk);
      } catch (reason) {
        connected.destroy(reason as Error);
      }
      onWritable();
    };
    connected.on(
      'close',
      invariant(CLIENT_INVARIANT, () => lose(lossReason)),
    );
    connected.on('drain', invariant(CLIENT_INVARIANT, onWritable));
    connected.on('data', invariant(CLIENT_INVARIANT, onData));
    socket = connected;
    connectionsMade++;
    lastReceivedAt = performance.now();
    backoffMs = FIRST_BACKOFF_MS;
    failedCount = 0;
    setState(
      'ready',
      addresses.length === 1 ? 'connected' : `connected to address ${place + 1} of ${addresses.length}`,
    );
  }

  function scheduleReconnect(): void {
    place = (place + 1) % addresses.length;
    failedCount++;
    if (failedCount < addresses.length) {
      reconnectTimer = setTimeout(() => runInvariant(CLIENT_INVARIANT, connect), 0);
      return;
    }
    // Up to 50% of jitter keeps many services from reconnecting at the same time.
    reconnectTimer = setTimeout(() => runInvariant(CLIENT_INVARIANT, connect), backoffMs * (1 + Math.random() / 2));
    backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS);
  }

  async function connect(): Promise<void> {
    try {
      const address = addresses[place] as TarantoolAddress;
      const connected = await openConnection({ ...connection, address });
      if (state === 'closed') connected.destroy();
      else adopt(connected);
    } catch (reason) {
      if (state === 'closed') return;
      setState('connecting', (reason as Error).message);
      scheduleReconnect();
    }
  }

  runInvariant(CLIENT_INVARIANT, connect);

  return {
    state: () => state,
    socket: () => socket,
    lastReceivedAt: () => lastReceivedAt,
    connectionsMade: () => connectionsMade,

    whenReady(timeoutMs) {
      return new Promise((resolve, reject) => {
        const finish = (reason?: Error) => {
          clearTimeout(timer);
          stateListeners = stateListeners.filter((listener) => listener !== check);
          if (reason === undefined) resolve();
          else reject(reason);
        };
        const check = () => {
          if (state === 'ready') finish();
          else if (state === 'closed') finish(new Error('the client is closed'));
        };
        const timer = setTimeout(() => finish(new Error(lastReason)), timeoutMs);
        stateListeners.push(check);
        check();
      });
    },

    close(graceMs) {
      clearTimeout(reconnectTimer);
      const open = socket;
      setState('closed', 'closed by the service');
      if (open === undefined) return Promise.resolve();
      return new Promise((resolve) => {
        const force = setTimeout(() => open.destroy(), graceMs);
        open.once('close', () => {
          clearTimeout(force);
          resolve();
        });
        onWritable();
      });
    },
  };
}
