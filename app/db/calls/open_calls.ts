import type { Socket } from 'node:net';
import { hasCode, ServiceError } from '../../errors.js';
import { lostCall, notSent } from '../errors.js';
import type { Frame } from '../wire/frames.js';
import type { MsgpackInput, MsgpackValue } from '../wire/msgpack.js';
import type { CallCounts } from './call_counts.js';
import { encodeCall, readEnvelope } from './call_frames.js';

/** A call to make. Exactly one of `resolve` and `reject` is called, once. */
type NewCall = {
  name: string;
  args: readonly MsgpackInput[];
  kind: 'read' | 'write';
  leavesLastPacked: boolean;
  /** In terms of performance.now(). */
  deadline: number;
  resolve: (values: MsgpackValue[]) => void;
  reject: (reason: Error) => void;
};

type OpenCall = Omit<NewCall, 'args'> & { frame: Uint8Array[]; sync: number; sentAt: number };

type OpenCallsOptions = { maxInFlight: number; maxWaiting: number; counts: CallCounts };

/** Calls without an answer: those in flight, which have been sent, and those that wait for room. */
type OpenCalls = {
  inFlight(): number;
  waiting(): number;
  /** Sends the call to the socket if there is room, makes it wait otherwise, and rejects it if too many wait. */
  add(call: NewCall, socket: Socket): void;
  /** Sends waiting calls while there is room. */
  sendWaiting(socket: Socket): void;
  /** Settles the call that the reply belongs to, if it is still open. */
  settle(reply: Frame): void;
  /**
   * Rejects the calls whose deadline has passed. `isSilent`: one of them was sent after `lastReceivedAt`.
   * `nextDeadline`: the earliest of the other calls; undefined if there are none. O(open calls).
   */
  expire(now: number, lastReceivedAt: number): { isSilent: boolean; nextDeadline: number | undefined };
  /** Rejects every call; for a lost connection. */
  rejectAll(): void;
};

const MAX_SYNC = 2 ** 31;
/** Enough to keep the socket busy; beyond it, calls for a slow Tarantool wait in the queue, which is bounded. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;

export function createOpenCalls({ maxInFlight, maxWaiting, counts }: OpenCallsOptions): OpenCalls {
  const inFlight = new Map<number, OpenCall>();
  const waiting: OpenCall[] = [];
  let lastSync = 0;
  let isCorked = false;

  function nextSync(): number {
    do lastSync = (lastSync % MAX_SYNC) + 1;
    while (inFlight.has(lastSync));
    return lastSync;
  }

  /** Calls of one turn of the event loop are written together, which doubles the rate of calls (docs/adr/0001). */
  function send(socket: Socket, call: OpenCall): void {
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      setImmediate(() => {
        isCorked = false;
        socket.uncork();
      });
    }
    call.sentAt = performance.now();
    inFlight.set(call.sync, call);
    for (const part of call.frame) socket.write(part);
    call.frame = [];
  }

  function hasRoom(socket: Socket): boolean {
    return inFlight.size < maxInFlight && socket.writableLength < MAX_UNSENT_BYTES;
  }

  return {
    inFlight: () => inFlight.size,
    waiting: () => waiting.length,

    add({ name, args, kind, leavesLastPacked, deadline, resolve, reject }, socket) {
      if (waiting.length >= maxWaiting) {
        counts.note(name, 'unsent');
        reject(notSent('DATABASE_OVERLOADED', 'Too many calls wait for the database.'));
        return;
      }
      const sync = nextSync();
      const frame = encodeCall(name, args, sync);
      // Copying the rest of an object takes V8 about a microsecond.
      const open: OpenCall = { name, kind, leavesLastPacked, deadline, resolve, reject, frame, sync, sentAt: 0 };
      if (waiting.length === 0 && hasRoom(socket)) send(socket, open);
      else waiting.push(open);
    },

    sendWaiting(socket) {
      while (waiting.length > 0 && hasRoom(socket)) send(socket, waiting.shift() as OpenCall);
    },

    settle(reply) {
      const call = inFlight.get(reply.sync);
      // The call was rejected at its deadline.
      if (call === undefined) return;
      inFlight.delete(reply.sync);
      const seconds = (performance.now() - call.sentAt) / 1000;
      try {
        call.resolve(readEnvelope(reply, call.leavesLastPacked));
        counts.note(call.name, 'answered', seconds);
      } catch (reason) {
        if (call.kind === 'read' && hasCode(reason, 'OUTCOME_UNKNOWN')) {
          // A router does not know whether what it passes on is a read.
          counts.note(call.name, 'lost', seconds);
          call.reject(lostCall('read', 'the connection behind it was lost'));
          return;
        }
        counts.note(call.name, 'refused', seconds);
        call.reject(
          reason instanceof ServiceError
            ? reason
            : new ServiceError('INTERNAL', 'The database sent an answer that cannot be parsed.', { cause: reason }),
        );
      }
    },

    expire(now, lastReceivedAt) {
      let isSilent = false;
      let nextDeadline = Number.POSITIVE_INFINITY;
      for (const call of inFlight.values()) {
        if (call.deadline > now) {
          nextDeadline = Math.min(nextDeadline, call.deadline);
          continue;
        }
        inFlight.delete(call.sync);
        isSilent ||= lastReceivedAt < call.sentAt;
        counts.note(call.name, 'lost', (now - call.sentAt) / 1000);
        call.reject(lostCall(call.kind, 'its deadline passed'));
      }
      for (let i = waiting.length - 1; i >= 0; i--) {
        const call = waiting[i] as OpenCall;
        if (call.deadline > now) {
          nextDeadline = Math.min(nextDeadline, call.deadline);
          continue;
        }
        waiting.splice(i, 1);
        counts.note(call.name, 'unsent');
        call.reject(notSent('DATABASE_OVERLOADED', 'The database had no room for this call in time.'));
      }
      return { isSilent, nextDeadline: nextDeadline === Number.POSITIVE_INFINITY ? undefined : nextDeadline };
    },

    rejectAll() {
      isCorked = false;
      const lost = [...inFlight.values()];
      inFlight.clear();
      const unsent = waiting.splice(0);
      for (const call of lost) {
        counts.note(call.name, 'lost');
        call.reject(lostCall(call.kind, 'the connection to it was lost'));
      }
      for (const call of unsent) {
        counts.note(call.name, 'unsent');
        call.reject(notSent('DATABASE_AWAY', 'The connection to the database was lost.'));
      }
    },
  };
}
