import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ServiceError } from '../../errors.js';

/** A request with its answer. */
export type Exchange = {
  request: IncomingMessage;
  response: ServerResponse;
  /** How long bytes of the body have been awaited in the current span of its pace, and `socket.bytesRead` at its start. */
  awaitedMs: number;
  bytesBefore: number;
  /** The exchange that follows on this connection; pipelined requests are answered in order. */
  next: Exchange | undefined;
};

/**
 * What the server keeps for one TCP connection. Nothing is registered on the socket for a single request: a connection
 * can carry millions of them.
 */
export type Connection = {
  socket: Socket;
  /** The oldest exchange whose answer is not handed over; undefined between requests. */
  oldest: Exchange | undefined;
  /** The exchange that began last, finished or not: the only one whose body can be incomplete. */
  latest: Exchange | undefined;
  /** Exchanges whose handler has been called and whose answer is not handed over. */
  runningCount: number;
  /** Whether the running exchange must run alone. */
  isExclusive: boolean;
  /** Pipelined requests whose turn has not come, in order. */
  waiting: Exchange[];
  /** No further request is read: what came was not HTTP, or came too slowly. */
  isBroken: boolean;
  /** Destroys the socket; cleared when it closes. */
  deadline: NodeJS.Timeout | undefined;
  /** For so long what comes behind an answer is read and dropped, before the socket is destroyed. */
  readonly lingerMs: number;
};

export function createConnection(socket: Socket, lingerMs: number): Connection {
  return {
    socket,
    lingerMs,
    oldest: undefined,
    latest: undefined,
    runningCount: 0,
    isExclusive: false,
    waiting: [],
    isBroken: false,
    deadline: undefined,
  };
}

export function beginExchange(connection: Connection, request: IncomingMessage, response: ServerResponse): Exchange {
  const { latest, socket } = connection;
  const exchange: Exchange = { request, response, awaitedMs: 0, bytesBefore: socket.bytesRead, next: undefined };
  if (connection.oldest === undefined) connection.oldest = exchange;
  else if (latest !== undefined) latest.next = exchange;
  connection.latest = exchange;
  return exchange;
}

/** Whether the request is whole and its answer handed over. */
export function isOver({ request, response }: Exchange): boolean {
  return request.complete && response.writableFinished;
}

/** Whether bytes of the body are awaited: when nobody reads, their absence is not the client's fault. */
export function isBodyAwaited({ request }: Exchange): boolean {
  return !request.complete && request.readableFlowing === true;
}

/** Makes the reader of the body fail with `error`, so that the answer says it. Returns whether there is a reader. */
export function failReader({ request, response }: Exchange, error: ServiceError): boolean {
  if (request.complete || response.headersSent || request.listenerCount('error') === 0) return false;
  response.setHeader('Connection', 'close');
  request.emit('error', error);
  return true;
}
