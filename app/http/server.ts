import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { ServiceError } from '../errors.js';
import { closeAbandonedStreams } from './connection/abandoned.js';
import { handleBrokenInput, type InputError } from './connection/broken_input.js';
import {
  beginExchange,
  type Connection,
  createConnection,
  type Exchange,
  failReader,
  isBodyAwaited,
  isOver,
} from './connection/connection.js';
import { dropRestOfBody, lingerAtEnd } from './connection/lingering.js';
import { checkPace } from './connection/pace.js';
import { refuseConnect } from './connection/raw_answers.js';
import { endTurn, takeTurn } from './connection/turns.js';

/** Time limit for receiving the headers. */
const HEADERS_TIMEOUT_MS = 15_000;
/**
 * A body may take hours, but in each span of this length it must arrive at the minimum rate or end. Time in which the
 * service does not read does not count. 32 KiB/s is a quarter of a megabit per second, the upload rate of mobile
 * networks in the 2000s; a client that sends single bytes to hold a connection is detected after one span.
 */
const PACE_SPAN_MS = 300_000;
const MIN_BYTES_PER_SECOND = 32 * 1024;
const CHECK_EVERY_MS = 1_000;
/** A connection without traffic in either direction for this long is considered dead. */
const IDLE_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 15_000;
/**
 * After a response to an incomplete body, the rest is read and discarded for this long, so that the response arrives.
 */
const LINGER_MS = 10_000;

export type HttpServer = {
  /**
   * Starts listening and returns the port.
   * @throws the system error: EADDRINUSE, EACCES ...
   */
  listen(host: string, port: number): Promise<number>;
  /** Serves a connection that another process has accepted. For a server that does not listen itself. */
  adopt(socket: Socket): void;
  /** Refuses new connections, lets requests finish for up to graceMs, then destroys the rest. */
  stop(graceMs: number): Promise<void>;
  /** Number of open connections, idle ones included. */
  connectionCount(): number;
};

export type HttpServerOptions = {
  idleTimeoutMs?: number;
  headersTimeoutMs?: number;
  paceSpanMs?: number;
  minBytesPerSecond?: number;
  lingerMs?: number;
};
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Adds an option that Node's type definitions lack: a client that has ended its side still gets its responses. */
type HalfOpenServer = Server & { httpAllowHalfOpen: boolean };

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/** Handles a connection without traffic for idleTimeoutMs. */
function onIdle({ socket, oldest, latest }: Connection, idleTimeoutMs: number): void {
  // The client does not read its response, or no request is in progress.
  if (socket.writableLength > 0 || oldest === undefined || latest === undefined) {
    socket.destroy();
    return;
  }
  const error = new ServiceError('REQUEST_TIMEOUT', `No byte of the body arrived for ${idleTimeoutMs} ms.`);
  if (isBodyAwaited(latest) && failReader(latest, error)) return;
  if (oldest.response.headersSent) socket.destroy();
  // Otherwise the response is being prepared, or the service is not ready for more of the body.
}

/**
 * During shutdown, ends a connection without work in progress. Node's closeIdleConnections() would also end connections
 * whose response has been handed over but not yet read by the client.
 */
function release({ socket, latest }: Connection): void {
  if (latest === undefined) {
    // If part of a request has arrived, the client may send the rest.
    if (socket.bytesRead === 0) socket.destroy();
  } else if (isOver(latest)) {
    socket.destroySoon();
  } else if (!latest.response.headersSent) {
    latest.response.setHeader('Connection', 'close');
  }
}

/**
 * Creates an HTTP server that withstands slow, silent and malicious clients. No client loses a response: one that sends
 * too slowly gets 408, and a complete request is never aborted while it is processed.
 */
export function createHttpServer(handler: Handler, options: HttpServerOptions = {}): HttpServer {
  const {
    idleTimeoutMs = IDLE_TIMEOUT_MS,
    headersTimeoutMs = HEADERS_TIMEOUT_MS,
    paceSpanMs = PACE_SPAN_MS,
    minBytesPerSecond = MIN_BYTES_PER_SECOND,
    lingerMs = LINGER_MS,
  } = options;
  const connections = new Map<Socket, Connection>();
  let isStopping = false;
  let checks: NodeJS.Timeout | undefined;
  let hasAdopted = false;
  let onLastClosed = () => {};

  const run = ({ request, response }: Exchange) => handler(request, response);

  function onAnswered(connection: Connection, exchange: Exchange): void {
    connection.oldest = exchange.next;
    if (!exchange.request.complete) dropRestOfBody(connection, exchange);
    endTurn(connection, run);
    if (isStopping) release(connection);
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const connection = connections.get(request.socket);
    // A request that becomes complete after a 408 is not served.
    if (connection === undefined || connection.isBroken) return;
    const exchange = beginExchange(connection, request, response);
    if (hasBody(request)) {
      // From now on the client is expected to send; restart the idle timeout.
      request.on('resume', () => {
        if (!request.complete) request.socket.setTimeout(idleTimeoutMs);
      });
    }
    // Node's parser drops data that follow an upgrade request in the same packet.
    if (request.headers.upgrade !== undefined) response.setHeader('Connection', 'close');
    response.once('finish', () => onAnswered(connection, exchange));
    if (isStopping) release(connection);
    takeTurn(connection, exchange, run);
  }

  function endChecks(): void {
    clearInterval(checks);
    checks = undefined;
  }

  function check(): void {
    checkPace(connections.values(), { spanMs: paceSpanMs, minBytesPerSecond, checkEveryMs: CHECK_EVERY_MS });
    closeAbandonedStreams(connections.values());
  }

  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      // Node's limit does not depend on the size of the body; PACE_SPAN_MS replaces it.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      // Node would answer without a body; the application checks the header and explains the fault.
      requireHostHeader: false,
    },
    handle,
  ) as HalfOpenServer;
  server.httpAllowHalfOpen = true;
  server.setTimeout(idleTimeoutMs, (socket) => {
    const connection = connections.get(socket);
    if (connection === undefined) socket.destroy();
    else onIdle(connection, idleTimeoutMs);
  });
  server.on('connection', (socket: Socket) => {
    const connection = createConnection(socket, lingerMs);
    connections.set(socket, connection);
    checks ??= setInterval(check, CHECK_EVERY_MS).unref();
    lingerAtEnd(connection);
    socket.once('close', () => {
      connections.delete(socket);
      clearTimeout(connection.deadline);
      connection.waiting = [];
      if (connections.size > 0) return;
      endChecks();
      onLastClosed();
    });
  });
  // "Expect: 100-continue" is answered when a handler starts reading, so the body of a refused request is never sent.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    request.once('resume', () => {
      if (!response.headersSent) response.writeContinue();
    });
    handle(request, response);
  });
  // Unknown expectations may be ignored (RFC 9110 10.1.1).
  server.on('checkExpectation', handle);
  server.on('connect', ({ socket }: IncomingMessage) => {
    const connection = connections.get(socket);
    if (connection !== undefined) refuseConnect(connection);
  });
  server.on('clientError', (reason: InputError, socket) => {
    const connection = connections.get(socket as Socket);
    if (connection === undefined) socket.destroy();
    else handleBrokenInput(connection, reason);
  });

  return {
    listen(host, port) {
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, () => {
          server.off('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      });
    },

    adopt(socket) {
      // Node tracks the connections of a server, for the time limit of their headers, from this event on.
      if (!hasAdopted) server.emit('listening');
      hasAdopted = true;
      // What a server that listens does to its own connections.
      socket.allowHalfOpen = true;
      socket.setNoDelay(true);
      server.emit('connection', socket);
    },

    stop(graceMs) {
      isStopping = true;
      return new Promise((resolve) => {
        // closeAllConnections() would miss sockets that asked for a tunnel.
        const force = setTimeout(() => {
          for (const socket of connections.keys()) socket.destroy();
        }, graceMs);
        onLastClosed = () => {
          clearTimeout(force);
          resolve();
        };
        // The HTTP server's own close() would call closeIdleConnections().
        if (server.listening) NetServer.prototype.close.call(server);
        for (const connection of connections.values()) release(connection);
        if (connections.size === 0) onLastClosed();
      });
    },

    connectionCount: () => connections.size,
  };
}
