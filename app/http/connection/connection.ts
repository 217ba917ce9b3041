import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ServiceError } from '../../errors.js';

/** A request and its response. */
export type Exchange = {
  request: IncomingMessage;
  response: ServerResponse;
  /** Time spent waiting for the body in the current span of the pace check, and `socket.bytesRead` at its start. */
  awaitedMs: number;
  bytesBefore: number;
  /** The next exchange on this connection; pipelined requests are answered in order. */
  next: Exchange | undefined;
};

/**
 * State of one TCP connection. No listeners are added to the socket per request: a connection can carry millions of
 * them.
 */
export type Connection = {
  socket: Socket;
  /** The oldest exchange whose response has not been handed over; undefined between requests. */
  oldest: Exchange | undefined;
  /** The most recent exchange, finished or not: the only one whose body can be incomplete. */
  latest: Exchange | undefined;
  /** Number of exchanges whose handler has been called and whose response has not been handed over. */
  runningCount: number;
  /** Whether the running exchange must run alone. */
  isExclusive: boolean;
  /** Pipelined requests that have not been started, in order. */
  waiting: Exchange[];
  /** No further request is read, because the input was invalid or too slow. */
  isBroken: boolean;
  /** Destroys the socket; cleared when it closes. */
  deadline: NodeJS.Timeout | undefined;
  /** How long data after a response are read and discarded before the socket is destroyed. */
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

/** Whether the request is complete and its response has been handed over. */
export function isOver({ request, response }: Exchange): boolean {
  return request.complete && response.writableFinished;
}

/** Whether the body is incomplete and being read: if nobody reads it, its absence is not the client's fault. */
export function isBodyAwaited({ request }: Exchange): boolean {
  return !request.complete && request.readableFlowing === true;
}

/**
 * Makes the reader of the body fail with `error`, which then becomes the response. Returns whether there is a reader.
 */
export function failReader({ request, response }: Exchange, error: ServiceError): boolean {
  if (request.complete || response.headersSent || request.listenerCount('error') === 0) return false;
  response.setHeader('Connection', 'close');
  request.emit('error', error);
  return true;
}
