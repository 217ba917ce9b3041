import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import type { Context } from 'koa';
import { ServiceError } from '../errors.js';
import type { SharedFigure } from '../siblings/siblings.js';
import { whileAuthorized } from './access.js';
import { onAnswerOver } from './requests/answer_over.js';

/** Shorter than the idle timeout of this server (30 s) and of common proxies (60 s). */
const HEARTBEAT_MS = 10_000;
const HEARTBEAT = Buffer.from(':\n\n');
/** About 600 unsent events in addition to the kernel's buffer: the client is gone or suspended. */
const MAX_UNSENT_BYTES = 64 * 1024;
/** HTTP/1.1 sends the responses of a connection in order, so only the first of them can deliver events. */
const MAX_STREAMS_PER_CONNECTION = 8;
/** Streams are long-lived: a place is unlikely to become free within a second. */
const RETRY_AFTER_SECONDS = 10;

/** Server-sent events to one client (WHATWG HTML 9.2). Nothing is written after the end, whoever ended it. */
type EventStream = {
  /** Starts the response, beginning with the events sent so far. A response to HEAD ends after its headers. */
  begin(): void;
  /** Sends an event made by `encodeEvent`; the same buffer may be sent to any number of clients. */
  send(event: Buffer): void;
  /** Ends the response in order. */
  end(): void;
  /** Runs `work` when the stream has ended; immediately if it already has. */
  onEnd(work: () => void): void;
};

export type EventStreams = {
  /**
   * Occupies a place for a stream; must be called before the first `await` of a handler. The place is released when the
   * client leaves, or gets a problem instead.
   * @throws ServiceError TOO_MANY_STREAMS, TOO_MANY_STREAMS_HERE
   */
  open(ctx: Context): EventStream;
};

type EventStreamsOptions = {
  /** Limit for all connections together, those of other web processes included. */
  maxStreams: number;
  /** The streams that are open in other web processes. */
  shared?: SharedFigure;
  /** Aborting ends all streams in order; they would never end by themselves. One ends with its token, too. */
  stopping: AbortSignal;
};

/** Encodes an event. The client sends `id` in Last-Event-ID when it reconnects. */
export function encodeEvent(event: string, data: unknown, id?: number): Buffer {
  return Buffer.from(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

function beginAnswer(ctx: Context): void {
  ctx.status = 200;
  ctx.type = 'text/event-stream';
  ctx.set('Cache-Control', 'no-store');
  // Keeps nginx from buffering events.
  ctx.set('X-Accel-Buffering', 'no');
  // Events are written directly to the connection: 500 watchers at ten events per second are 5,000 writes per second.
  // With a stream for Koa in between, and a buffer per watcher, a write took 21 us of CPU time instead of 16 (ADR
  // 0016).
  ctx.respond = false;
}

function createEventStream(ctx: Context): EventStream {
  const { res } = ctx;
  const work: (() => void)[] = [];
  const early: Buffer[] = [];
  let heartbeat: NodeJS.Timeout | undefined;
  let hasBegun = false;
  let isEnding = false;
  let isOver = false;

  function finish(): void {
    if (isOver) return;
    isOver = true;
    clearInterval(heartbeat);
    for (const each of work) each();
  }

  function write(bytes: Buffer): void {
    if (res.destroyed || res.writableEnded) return;
    res.write(bytes);
    if (res.writableLength <= MAX_UNSENT_BYTES) return;
    finish();
    // Destroys the connection, because a response that waits behind others has no socket of its own.
    ctx.req.socket.destroy();
  }

  function end(): void {
    isEnding = true;
    if (!hasBegun || isOver) return;
    finish();
    res.end();
  }

  onAnswerOver(res, finish);
  return {
    begin() {
      beginAnswer(ctx);
      hasBegun = true;
      if (isOver) return;
      res.flushHeaders();
      if (ctx.method === 'HEAD') isEnding = true;
      else for (const event of early.splice(0)) if (!isOver) write(event);
      if (isEnding) end();
      else if (!isOver) heartbeat = setInterval(write, HEARTBEAT_MS, HEARTBEAT);
    },
    send(event) {
      if (isOver || isEnding) return;
      if (hasBegun) write(event);
      else early.push(event);
    },
    end,
    onEnd(each) {
      if (isOver) each();
      else work.push(each);
    },
  };
}

/** Limits the number of open event streams, and ends them when the service stops. */
export function createEventStreams({ maxStreams, stopping, shared }: EventStreamsOptions): EventStreams {
  const countOn = new WeakMap<Socket, number>();
  let count = 0;
  // Every stream adds a listener; by default Node warns of a leak at the eleventh.
  setMaxListeners(0, stopping);

  function occupy(places: 1 | -1): void {
    count += places;
    shared?.set(count);
  }

  function takePlace(socket: Socket): () => void {
    const here = countOn.get(socket) ?? 0;
    if (here >= MAX_STREAMS_PER_CONNECTION) {
      throw new ServiceError(
        'TOO_MANY_STREAMS_HERE',
        `This connection already has ${here} event streams; please open another connection.`,
      );
    }
    if (count + (shared?.others() ?? 0) >= maxStreams) {
      throw new ServiceError('TOO_MANY_STREAMS', 'The maximum number of event streams is open.', {
        headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
      });
    }
    occupy(1);
    countOn.set(socket, here + 1);
    return () => {
      occupy(-1);
      countOn.set(socket, (countOn.get(socket) ?? 1) - 1);
    };
  }

  return {
    open(ctx) {
      const giveBack = takePlace(ctx.req.socket);
      const stream = createEventStream(ctx);
      stopping.addEventListener('abort', stream.end);
      const unwatch = whileAuthorized(ctx, stream.end);
      stream.onEnd(() => {
        giveBack();
        unwatch();
        stopping.removeEventListener('abort', stream.end);
      });
      if (stopping.aborted) stream.end();
      return stream;
    },
  };
}
