import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Pipelined responses that are queued behind others on their connection. */
const queuedOn = new WeakMap<Socket, Set<ServerResponse>>();

/** Node itself closes a response that has, or had, the connection. */
function abandon(response: ServerResponse): void {
  if (response.destroyed || response.socket !== null || response.writableFinished) return;
  response.destroy();
  response.emit('close');
}

function queueOf(socket: Socket): Set<ServerResponse> {
  let queued = queuedOn.get(socket);
  if (queued === undefined) {
    const created = new Set<ServerResponse>();
    socket.once('close', () => {
      for (const response of created) abandon(response);
    });
    queuedOn.set(socket, created);
    queued = created;
  }
  return queued;
}

/**
 * Makes every response emit `close` when its connection ends. Node does so only for the response being sent; a
 * pipelined response queued behind it gets no event, and resources tied to it would never be released.
 */
export function closeWithConnection({ socket }: IncomingMessage, response: ServerResponse): void {
  if (response.socket !== null) return;
  if (socket.destroyed) {
    process.nextTick(abandon, response);
    return;
  }
  const queued = queueOf(socket);
  queued.add(response);
  response.once('close', () => queued.delete(response));
}

/**
 * Runs `work` once when the response has been sent or can no longer be delivered; immediately if that is already so. A
 * response that outlives its handler, or waits for anything, releases its resources here.
 */
export function onAnswerOver(response: ServerResponse, work: () => void): void {
  if (response.destroyed) work();
  else response.once('close', work);
}
