import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import type { Context } from 'koa';
import { ServiceError } from '../errors.js';
import { onAnswerOver } from './requests/answer_over.js';

/** Below the time after which a silent connection is cut, ours (30 s) and that of usual proxies (60 s). */
const HEARTBEAT_MS = 10_000;
const HEARTBEAT = Buffer.from(':\n\n');
/** Some 600 events that the client has not taken, beside what the kernel holds: it is gone or asleep. */
const MAX_UNSENT_BYTES = 64 * 1024;
/** HTTP/1.1 sends the answers of a connection one after the other, so only the first of them is of any use. */
const MAX_STREAMS_PER_CONNECTION = 8;
/** Streams stay for long: a client that finds no place now finds none a second later. */
const RETRY_AFTER_SECONDS = 10;

/** Server-sent events to one client (WHATWG HTML 9.2). Nothing is written once it is over, whoever ended it. */
export type EventStream = {
  /** Begins the answer, with what was sent so far. The answer to HEAD ends with its headers. */
  begin(): void;
  /** Sends what `encodeEvent` made, which may go to any number of clients. */
  send(event: Buffer): void;
  /** Ends the answer in order. */
  end(): void;
  /** Runs `work` when the stream is over; at once when it is already. */
  onEnd(work: () => void): void;
};

export type EventStreams = {
  /**
   * Takes a place for a stream, to be called before the first `await` of a handler: the place is given back when the
   * client leaves at any time, or gets a problem instead.
   * @throws ServiceError TOO_MANY_STREAMS, TOO_MANY_STREAMS_HERE
   */
  open(ctx: Context): EventStream;
};

export type EventStreamsOptions = {
  /** On all connections together. */
  maxStreams: number;
  /** Ends all streams in order, which would go on for ever. */
  stopping: AbortSignal;
};

/** The bytes of an event. `id`: what the client gives back in Last-Event-ID when it connects again. */
export function encodeEvent(event: string, data: unknown, id?: number): Buffer {
  return Buffer.from(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

function beginAnswer(ctx: Context): void {
  ctx.status = 200;
  ctx.type = 'text/event-stream';
  ctx.set('Cache-Control', 'no-store');
  // nginx would gather the events otherwise.
  ctx.set('X-Accel-Buffering', 'no');
  // Straight to the connection: 500 watchers at ten events a second are 5,000 writes a second, and with a stream for Koa
  // in between, and bytes made for each of them, one took 21 us of CPU instead of 16 (ADR 0016).
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
    // The connection, since an answer that waits behind others has none of its own to end.
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

/** Keeps count of the streams of events that are open, and ends them when the service stops. */
export function createEventStreams({ maxStreams, stopping }: EventStreamsOptions): EventStreams {
  const countOn = new WeakMap<Socket, number>();
  let count = 0;
  // Every stream listens; Node would warn of a leak at the eleventh.
  setMaxListeners(0, stopping);

  function takePlace(socket: Socket): () => void {
    const here = countOn.get(socket) ?? 0;
    if (here >= MAX_STREAMS_PER_CONNECTION) {
      throw new ServiceError(
        'TOO_MANY_STREAMS_HERE',
        `This connection has ${here} streams of events already; please open another one.`,
      );
    }
    if (count >= maxStreams) {
      throw new ServiceError('TOO_MANY_STREAMS', 'As many streams of events are open as the service allows.', {
        headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
      });
    }
    count++;
    countOn.set(socket, here + 1);
    return () => {
      count--;
      countOn.set(socket, (countOn.get(socket) ?? 1) - 1);
    };
  }

  return {
    open(ctx) {
      const giveBack = takePlace(ctx.req.socket);
      const stream = createEventStream(ctx);
      stopping.addEventListener('abort', stream.end);
      stream.onEnd(() => {
        giveBack();
        stopping.removeEventListener('abort', stream.end);
      });
      if (stopping.aborted) stream.end();
      return stream;
    },
  };
}
