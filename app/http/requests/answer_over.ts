import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Answers that wait behind others on their connection, of pipelined requests. */
const queuedOn = new WeakMap<Socket, Set<ServerResponse>>();

/** Node closes an answer itself that has the connection, or has had it. */
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
 * Makes every answer emit `close` when its connection ends. Node does so only for the one that is being sent: an answer
 * that waits behind others (pipelining) hears of nothing, and what is to end with it would stay for ever.
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
 * Runs `work` once when the answer is out or can reach nobody any more; at once where that is so already. Every answer
 * that lives longer than its handler, or waits for anything, releases what it holds here.
 */
export function onAnswerOver(response: ServerResponse, work: () => void): void {
  if (response.destroyed) work();
  else response.once('close', work);
}
