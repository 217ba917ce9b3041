import type { Socket } from 'node:net';
import type { TarantoolAddress } from '../config.js';
import { ServiceError } from '../errors.js';
import { invariant, runInvariant } from '../faults.js';
import { createCallCounts, type ProcedureCalls } from './call_counts.js';
import { fromBox, fromLua, lostCall, notSent } from './errors.js';
import type { Procedure } from './procedure.js';
import { openConnection } from './wire/connection.js';
import { createFrameParser, type Frame } from './wire/frames.js';
import { createWriter, decode, decodeArrayHeader, type MsgpackInput, type MsgpackValue } from './wire/msgpack.js';

export type ClientOptions = {
  address: TarantoolAddress;
  user: string;
  password: string;
  /** For a call that does not say its own. */
  deadlineMs?: number;
  connectTimeoutMs?: number;
  /** Calls sent and not answered; below net_msg_max (768), where Tarantool would stop reading without a word. */
  maxInFlight?: number;
  /** Calls that wait for a place in flight; one more is refused. */
  maxWaiting?: number;
  /** Told of each new state, and of each new reason for there being no connection: a password refused, say. */
  onStateChange?: (state: ClientState, reason: string) => void;
};

export type ClientState = 'connecting' | 'ready' | 'closed';

/** `connectionsMade` and `calls` since the start; `calls` by the procedure's name. */
export type ClientUse = {
  state: ClientState;
  inFlight: number;
  waiting: number;
  connectionsMade: number;
  calls: ReadonlyMap<string, Readonly<ProcedureCalls>>;
};

export type Client = {
  /**
   * Runs a procedure and answers its return values.
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
  /** Lets calls in flight finish for up to graceMs, then ends the connection. */
  close(graceMs?: number): Promise<void>;
};

type Call = {
  name: string;
  frame: Buffer[];
  sync: number;
  kind: 'read' | 'write';
  leavesLastPacked: boolean;
  deadline: number;
  sentAt: number;
  resolve: (values: MsgpackValue[]) => void;
  reject: (reason: Error) => void;
};

const REQUEST_CALL = 0x0a;
const KEY_CODE = 0x00;
const KEY_SYNC = 0x01;
const KEY_ARGUMENTS = 0x21;
const KEY_PROCEDURE = 0x22;
const KEY_DATA = 0x30;
const MAP_OF_ONE = 0x81;
const MSGPACK_TRUE = 0xc3;
const MAX_SYNC = 2 ** 31;
/** Enough to keep the socket busy, little enough that a slow Tarantool holds the waiting calls, not our memory. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;
/** One piece costs the socket less than two, unless it is long. */
const MAX_COPIED_BYTES = 4096;
const DEADLINE_CHECK_MS = 50;
const MAX_CHECK_DELAY_MS = 250;
/** Where one of the client's own steps fails midway, calls may wait for ever, or get the answers of others. */
const INVARIANT = 'the client of Tarantool knows its calls and its connection';
const FIRST_BACKOFF_MS = 50;
const LAST_BACKOFF_MS = 2000;

function encodeCall(name: string, args: readonly MsgpackInput[], sync: number): Buffer[] {
  const writer = createWriter();
  writer.mapHeader(2);
  writer.integer(KEY_CODE);
  writer.integer(REQUEST_CALL);
  writer.integer(KEY_SYNC);
  writer.integer(sync);
  writer.mapHeader(2);
  writer.integer(KEY_PROCEDURE);
  writer.string(name);
  writer.integer(KEY_ARGUMENTS);
  writer.value(args);
  const request = writer.take();
  const length = Buffer.alloc(5);
  length[0] = 0xce;
  length.writeUInt32BE(request.length, 1);
  return request.length <= MAX_COPIED_BYTES ? [Buffer.concat([length, request])] : [length, request];
}

/** The values of an envelope; the last of a good one is left packed when asked for. */
function readEnvelope(frame: Frame, leavesLastPacked: boolean): MsgpackValue[] {
  if (frame.code !== 0) throw fromBox(frame);
  const [ok, ...values] = leavesLastPacked ? readButLast(frame.body) : readAll(frame.body);
  if (ok === true) return values;
  throw fromLua(values[0], values[1]);
}

function readAll(body: Buffer): MsgpackValue[] {
  const { value } = decode(body);
  const data = value instanceof Map ? value.get(KEY_DATA) : undefined;
  if (!Array.isArray(data)) throw new Error('a reply without data');
  return data;
}

/** The body of a call's reply is a map of one key: what stands behind the last but one value is the last. */
function readButLast(body: Buffer): MsgpackValue[] {
  if (body[0] !== MAP_OF_ONE || body[1] !== KEY_DATA) throw new Error('a reply without data');
  const { length, end } = decodeArrayHeader(body, 2);
  if (body[end] !== MSGPACK_TRUE) return readAll(body);
  const values: MsgpackValue[] = [];
  let at = end;
  while (values.length < length - 1) {
    const decoded = decode(body, at);
    values.push(decoded.value);
    at = decoded.end;
  }
  values.push(body.subarray(at));
  return values;
}

/**
 * The fenced client: many calls at once over one connection, each with a deadline, reconnecting by itself.
 * On loss everything in flight is rejected at once and nothing is ever sent twice. docs/adr/0001 says why so.
 */
export function createClient(options: ClientOptions): Client {
  const { deadlineMs = 10_000, connectTimeoutMs = 5_000, maxInFlight = 512, maxWaiting = 8_192 } = options;
  const inFlight = new Map<number, Call>();
  const waiting: Call[] = [];
  const counts = createCallCounts();
  let connectionsMade = 0;
  let state: ClientState = 'connecting';
  let socket: Socket | undefined;
  let lastReason = 'not connected yet';
  let lastSync = 0;
  let lastReceivedAt = 0;
  let lastCheckAt = performance.now();
  let isCorked = false;
  let backoffMs = FIRST_BACKOFF_MS;
  let reconnectTimer: NodeJS.Timeout | undefined;
  let stateListeners: (() => void)[] = [];

  function setState(next: ClientState, reason: string): void {
    const isNews = state !== next || lastReason !== reason;
    lastReason = reason;
    state = next;
    if (isNews) options.onStateChange?.(next, reason);
    for (const listener of [...stateListeners]) listener();
  }

  function nextSync(): number {
    do lastSync = (lastSync % MAX_SYNC) + 1;
    while (inFlight.has(lastSync));
    return lastSync;
  }

  /** One write a turn of the loop, however many calls were made in it: twice the calls a second (docs/adr/0001). */
  function send(to: Socket, call: Call): void {
    if (!isCorked) {
      isCorked = true;
      to.cork();
      setImmediate(() => {
        isCorked = false;
        to.uncork();
      });
    }
    call.sentAt = performance.now();
    inFlight.set(call.sync, call);
    for (const part of call.frame) to.write(part);
    call.frame = [];
  }

  function hasRoom(to: Socket): boolean {
    return inFlight.size < maxInFlight && to.writableLength < MAX_UNSENT_BYTES;
  }

  function sendWaiting(): void {
    while (socket !== undefined && waiting.length > 0 && hasRoom(socket)) send(socket, waiting.shift() as Call);
    if (state === 'closed' && inFlight.size === 0) socket?.end();
  }

  function settle(frame: Frame): void {
    const call = inFlight.get(frame.sync);
    // Unknown: its caller has given up on it already.
    if (call === undefined) return;
    inFlight.delete(frame.sync);
    const seconds = (performance.now() - call.sentAt) / 1000;
    try {
      call.resolve(readEnvelope(frame, call.leavesLastPacked));
      counts.note(call.name, 'answered', seconds);
    } catch (reason) {
      counts.note(call.name, 'refused', seconds);
      call.reject(
        reason instanceof ServiceError
          ? reason
          : new ServiceError('INTERNAL', 'The database gave an answer that makes no sense.', { cause: reason }),
      );
    }
  }

  function checkDeadlines(): void {
    const now = performance.now();
    const wasHeld = now - lastCheckAt > MAX_CHECK_DELAY_MS;
    lastCheckAt = now;
    // Our own loop was held: the replies may wait in the socket, and are read before the next check.
    if (wasHeld) return;
    let isHalfOpen = false;
    for (const call of inFlight.values()) {
      if (call.deadline > now) continue;
      inFlight.delete(call.sync);
      // Not a byte since it was sent: the other side is gone without a word.
      isHalfOpen ||= lastReceivedAt < call.sentAt;
      counts.note(call.name, 'lost', (now - call.sentAt) / 1000);
      call.reject(lostCall(call.kind, 'the time for it was over'));
    }
    for (let i = waiting.length - 1; i >= 0; i--) {
      const call = waiting[i] as Call;
      if (call.deadline > now) continue;
      waiting.splice(i, 1);
      counts.note(call.name, 'unsent');
      call.reject(notSent('DATABASE_OVERLOADED', 'The database had no place for this call in time.'));
    }
    if (isHalfOpen) socket?.destroy(new Error('the database stopped answering'));
    sendWaiting();
  }

  function lose(reason: Error): void {
    socket = undefined;
    isCorked = false;
    const lost = [...inFlight.values()];
    inFlight.clear();
    const unsent = waiting.splice(0);
    if (state !== 'closed') {
      setState('connecting', reason.message);
      scheduleReconnect();
    } else {
      setState('closed', reason.message);
    }
    for (const call of lost) {
      counts.note(call.name, 'lost');
      call.reject(lostCall(call.kind, 'the connection to it was lost'));
    }
    for (const call of unsent) {
      counts.note(call.name, 'unsent');
      call.reject(notSent('DATABASE_AWAY', 'The connection to the database was lost.'));
    }
  }

  function adopt(connected: Socket): void {
    const parse = createFrameParser(settle);
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
      sendWaiting();
    };
    connected.on(
      'close',
      invariant(INVARIANT, () => lose(lossReason)),
    );
    connected.on('drain', invariant(INVARIANT, sendWaiting));
    connected.on('data', invariant(INVARIANT, onData));
    socket = connected;
    connectionsMade++;
    lastReceivedAt = performance.now();
    backoffMs = FIRST_BACKOFF_MS;
    setState('ready', 'connected');
  }

  function scheduleReconnect(): void {
    // Up to half more, so that many services do not come back in step.
    reconnectTimer = setTimeout(() => runInvariant(INVARIANT, connect), backoffMs * (1 + Math.random() / 2));
    backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS);
  }

  async function connect(): Promise<void> {
    const { address, user, password } = options;
    try {
      const connected = await openConnection({ address, user, password, timeoutMs: connectTimeoutMs });
      if (state === 'closed') connected.destroy();
      else adopt(connected);
    } catch (reason) {
      if (state === 'closed') return;
      setState('connecting', (reason as Error).message);
      scheduleReconnect();
    }
  }

  const deadlineTimer = setInterval(invariant(INVARIANT, checkDeadlines), DEADLINE_CHECK_MS);
  deadlineTimer.unref();
  runInvariant(INVARIANT, connect);

  return {
    call<Args extends readonly MsgpackInput[], Result>(
      procedure: Procedure<Args, Result>,
      args: NoInfer<Args>,
      callOptions: { deadlineMs?: number } = {},
    ) {
      return new Promise<Result>((resolve, reject) => {
        if (socket === undefined || state !== 'ready') {
          counts.note(procedure.name, 'unsent');
          reject(notSent('DATABASE_AWAY', 'There is no connection to the database now.'));
          return;
        }
        if (waiting.length >= maxWaiting) {
          counts.note(procedure.name, 'unsent');
          reject(notSent('DATABASE_OVERLOADED', 'Too many calls wait for the database.'));
          return;
        }
        const sync = nextSync();
        const call: Call = {
          name: procedure.name,
          frame: encodeCall(procedure.name, args, sync),
          sync,
          kind: procedure.kind,
          leavesLastPacked: procedure.leavesLastPacked === true,
          deadline: performance.now() + (callOptions.deadlineMs ?? deadlineMs),
          sentAt: 0,
          resolve: (values) => resolve(values as Result),
          reject,
        };
        if (waiting.length === 0 && hasRoom(socket)) send(socket, call);
        else waiting.push(call);
      });
    },

    state: () => state,

    use: () => ({ state, inFlight: inFlight.size, waiting: waiting.length, connectionsMade, calls: counts.read() }),

    whenReady(timeoutMs) {
      return new Promise((resolve, reject) => {
        const finish = (reason?: Error) => {
          clearTimeout(timer);
          stateListeners = stateListeners.filter((listener) => listener !== look);
          if (reason === undefined) resolve();
          else reject(reason);
        };
        const look = () => {
          if (state === 'ready') finish();
          else if (state === 'closed') finish(new Error('the client is closed'));
        };
        const timer = setTimeout(() => finish(new Error(lastReason)), timeoutMs);
        stateListeners.push(look);
        look();
      });
    },

    close(graceMs = 1_000) {
      clearTimeout(reconnectTimer);
      const open = socket;
      setState('closed', 'closed by the service');
      if (open === undefined) {
        clearInterval(deadlineTimer);
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const force = setTimeout(() => open.destroy(), graceMs);
        open.once('close', () => {
          clearTimeout(force);
          clearInterval(deadlineTimer);
          resolve();
        });
        sendWaiting();
      });
    },
  };
}
