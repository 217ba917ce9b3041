import { PassThrough } from 'node:stream';
import type { Context } from 'koa';

/** Below the time after which a silent connection is cut, ours (30 s) and that of usual proxies (60 s). */
const HEARTBEAT_MS = 10_000;
/** Of events that the client has not taken: who is this far behind is gone or asleep, and is let go. */
const MOST_UNSENT_BYTES = 256 * 1024;

/** Server-sent events to one client (WHATWG HTML 9.2). */
export type EventStream = {
  /** `id`: what the client gives back in Last-Event-ID when it connects again. */
  send(event: string, data: unknown, id?: number): void;
  /** Ends the answer in order. */
  end(): void;
  /** Runs `work` when the stream is over, whoever ended it. */
  onEnd(work: () => void): void;
};

/** Makes the answer a stream of events; comments keep the connection alive. */
export function openEventStream(ctx: Context): EventStream {
  const stream = new PassThrough();
  const heartbeat = setInterval(() => stream.write(':\n\n'), HEARTBEAT_MS);
  let isOver = false;
  const work: (() => void)[] = [];

  function finish(): void {
    if (isOver) return;
    isOver = true;
    clearInterval(heartbeat);
    for (const each of work) each();
  }
  stream.once('close', finish);
  ctx.res.once('close', () => {
    finish();
    stream.destroy();
  });

  ctx.type = 'text/event-stream';
  ctx.set('Cache-Control', 'no-store');
  // nginx would gather the events otherwise.
  ctx.set('X-Accel-Buffering', 'no');
  ctx.body = stream;
  return {
    send(event, data, id) {
      if (isOver) return;
      stream.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
      if (stream.writableLength > MOST_UNSENT_BYTES) stream.destroy();
    },
    end() {
      finish();
      stream.end();
    },
    onEnd(each) {
      if (isOver) each();
      else work.push(each);
    },
  };
}
