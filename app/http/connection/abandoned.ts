import type { ServerResponse } from 'node:http';
import type { Connection } from './connection.js';

const ENDLESS_TYPE = 'text/event-stream';

function isEndless(response: ServerResponse): boolean {
  return response.headersSent && String(response.getHeader('Content-Type')).startsWith(ENDLESS_TYPE);
}

/**
 * Closes connections whose client has ended its side while an endless response is being sent. A client that has left
 * looks like one that still reads until two writes have failed. Finite responses are completed anyway, but an event
 * stream would be kept up for nobody. O(connections).
 */
export function closeAbandonedStreams(connections: Iterable<Connection>): void {
  for (const { socket, oldest } of connections) {
    if (!socket.readableEnded) continue;
    for (let exchange = oldest; exchange !== undefined; exchange = exchange.next) {
      if (isEndless(exchange.response)) socket.destroy();
    }
  }
}
