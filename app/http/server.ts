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

/** A client has so long to send its headers. */
const HEADERS_TIMEOUT_MS = 15_000;
/**
 * A body may take hours, but in each such span, from its beginning on, it must come at this rate or come to its end.
 * Time in which nobody here asked for it does not count. 32 KiB/s is a quarter of a megabit, an upload of the mobile
 * nets of the 2000s; who only drips, to hold a connection, is found after one span.
 */
const PACE_SPAN_MS = 300_000;
const MIN_BYTES_PER_SECOND = 32 * 1024;
const CHECK_EVERY_MS = 1_000;
/** Without a byte in either direction for so long, a client is taken for gone. */
const IDLE_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 15_000;
/** After an answer that came before the body's end, the rest is read and dropped for so long, so that the answer arrives. */
const LINGER_MS = 10_000;

export type HttpServer = {
  /** Begins to listen; answers the port. @throws the error of the system: EADDRINUSE, EACCES ... */
  listen(host: string, port: number): Promise<number>;
  /** Takes no new connections, lets requests finish for up to graceMs, then cuts what is left. */
  stop(graceMs: number): Promise<void>;
  /** Open ones, idle ones too. */
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

/** Node's server, with the option that its types do not have: a client that ends its side still gets its answers. */
type HalfOpenServer = Server & { httpAllowHalfOpen: boolean };

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/** Decides about a connection on which no byte has moved for idleTimeoutMs. */
function onIdle({ socket, oldest, latest }: Connection, idleTimeoutMs: number): void {
  // Bytes wait for a client that does not take them, or nothing is under way.
  if (socket.writableLength > 0 || oldest === undefined || latest === undefined) {
    socket.destroy();
    return;
  }
  const error = new ServiceError('REQUEST_TIMEOUT', `No byte of the body came for ${idleTimeoutMs} ms.`);
  if (isBodyAwaited(latest) && failReader(latest, error)) return;
  if (oldest.response.headersSent) socket.destroy();
  // Otherwise the request is whole and its answer is being made, or the service is not ready for more of its body.
}

/**
 * While the server stops: ends a connection on which nothing is under way. Node's closeIdleConnections() would also end
 * those whose answer is handed over and not yet read by the client.
 */
function release({ socket, latest }: Connection): void {
  if (latest === undefined) {
    // With the beginning of a request on it, it is given the time to send the rest.
    if (socket.bytesRead === 0) socket.destroy();
  } else if (isOver(latest)) {
    socket.destroySoon();
  } else if (!latest.response.headersSent) {
    latest.response.setHeader('Connection', 'close');
  }
}

/**
 * Node's HTTP server, safe against slow, silent and malicious clients. Nobody loses an answer: a client that sends too
 * slowly gets 408, and a complete request is never cut off while it is worked on.
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

  const run = ({ request, response }: Exchange) => handler(request, response);

  function onAnswered(connection: Connection, exchange: Exchange): void {
    connection.oldest = exchange.next;
    if (!exchange.request.complete) dropRestOfBody(connection, exchange);
    endTurn(connection, run);
    if (isStopping) release(connection);
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const connection = connections.get(request.socket);
    // A request that comes complete after it was answered with 408 is not served.
    if (connection === undefined || connection.isBroken) return;
    const exchange = beginExchange(connection, request, response);
    if (hasBody(request)) {
      // From here on it is the client's turn again: it has all the time there is to send the next byte.
      request.on('resume', () => {
        if (!request.complete) request.socket.setTimeout(idleTimeoutMs);
      });
    }
    // Node's parser drops what follows a request for another protocol in the same packet.
    if (request.headers.upgrade !== undefined) response.setHeader('Connection', 'close');
    response.once('finish', () => onAnswered(connection, exchange));
    if (isStopping) release(connection);
    takeTurn(connection, exchange, run);
  }

  function check(): void {
    checkPace(connections.values(), { spanMs: paceSpanMs, minBytesPerSecond, checkEveryMs: CHECK_EVERY_MS });
    closeAbandonedStreams(connections.values());
  }

  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      // Node's own limit knows no size; see PACE_SPAN_MS.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      // Node answers without a body; the application says what is wrong.
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
    lingerAtEnd(connection);
    socket.once('close', () => {
      connections.delete(socket);
      clearTimeout(connection.deadline);
      connection.waiting = [];
    });
  });
  // "Expect: 100-continue": the body is asked for when somebody begins to read it, so one that is refused never is.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    request.once('resume', () => {
      if (!response.headersSent) response.writeContinue();
    });
    handle(request, response);
  });
  // RFC 9110 10.1.1 leaves it to us whether an expectation that we do not know matters.
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
          checks = setInterval(check, CHECK_EVERY_MS).unref();
          resolve((server.address() as AddressInfo).port);
        });
      });
    },

    stop(graceMs) {
      isStopping = true;
      return new Promise((resolve) => {
        // Not closeAllConnections(), which knows nothing of a socket that asked for a tunnel.
        const force = setTimeout(() => {
          for (const socket of connections.keys()) socket.destroy();
        }, graceMs);
        // Not the HTTP server's own close(), which begins with closeIdleConnections().
        NetServer.prototype.close.call(server, () => {
          clearTimeout(force);
          clearInterval(checks);
          resolve();
        });
        for (const connection of connections.values()) release(connection);
      });
    },

    connectionCount: () => connections.size,
  };
}
