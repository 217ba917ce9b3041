import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { ERRORS, type ErrorCode, ServiceError } from '../errors.js';
import { announcedLength } from './body.js';
import { PROBLEM_TYPE, toProblem } from './problem.js';

/** A client has so long to send its headers, and so long for the whole request: 100 MB at 350 KB/s. */
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 300_000;
/** Without a byte in either direction for so long, a client is taken for gone. */
const IDLE_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 15_000;
/** After an answer that came before the body's end, the rest is swallowed for so long, so that the answer arrives. */
const SWALLOW_MS = 10_000;

export type HttpServer = {
  /** Begins to listen; answers the port. @throws the error of the system: EADDRINUSE, EACCES ... */
  listen(host: string, port: number): Promise<number>;
  /** Takes no new connections, lets requests finish for up to graceMs, then cuts what is left. */
  stop(graceMs: number): Promise<void>;
};

export type HttpServerOptions = {
  bodyLimitBytes: number;
  idleTimeoutMs?: number;
  headersTimeoutMs?: number;
  requestTimeoutMs?: number;
};
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Node's own codes of requests that never became one. */
const CLIENT_ERRORS: Readonly<Record<string, [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['HEADERS_TOO_LARGE', 'The request headers are over 16 KB.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TIMEOUT', 'The request was not complete in time.'],
};

/** Answers on a bare socket, where there is no response object. */
function answerRaw(socket: Socket, error: ServiceError): void {
  const body = JSON.stringify(toProblem(error, 'none'));
  const { status, title } = ERRORS[error.code];
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}

/** Ends the connection, but not before the answer under way is out; what comes in until then is of no use. */
function endAfterAnswer(socket: Socket, response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
  else if (response.writableFinished) socket.destroySoon();
  else response.once('finish', () => socket.destroySoon());
}

/** Node asks for Host itself, but answers without a body; HTTP/1.0 did not know it. */
function lacksHost({ headers, httpVersion }: IncomingMessage): boolean {
  return headers.host === undefined && httpVersion === '1.1';
}

function refuse(response: ServerResponse, error: ServiceError): void {
  response.writeHead(ERRORS[error.code].status, { 'Content-Type': PROBLEM_TYPE, Connection: 'close' });
  response.end(JSON.stringify(toProblem(error, 'none')));
}

/**
 * Node's HTTP server with time-outs against slow clients. Nobody loses an answer: what comes too slowly is told so, and
 * a request that is complete is never cut off while it is worked on.
 */
export function createHttpServer(handler: Handler, options: HttpServerOptions): HttpServer {
  const {
    bodyLimitBytes,
    idleTimeoutMs = IDLE_TIMEOUT_MS,
    headersTimeoutMs = HEADERS_TIMEOUT_MS,
    requestTimeoutMs = REQUEST_TIMEOUT_MS,
  } = options;
  const exchanges = new WeakMap<Socket, { request: IncomingMessage; response: ServerResponse }>();
  const sockets = new Set<Socket>();
  let isStopping = false;

  /**
   * While stopping: ends a connection that waits for nothing. Node's closeIdleConnections() would also end those whose
   * answer is handed over and not yet read by the client.
   */
  function release(socket: Socket): void {
    const exchange = exchanges.get(socket);
    if (exchange === undefined) {
      // With the beginning of a request on it, it is given the time to send the rest.
      if (socket.bytesRead === 0) socket.destroy();
    } else if (exchange.response.writableFinished && exchange.request.complete) {
      socket.destroySoon();
    } else if (!exchange.response.headersSent) {
      exchange.response.setHeader('Connection', 'close');
    }
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    exchanges.set(request.socket, { request, response });
    if (isStopping) release(request.socket);
    response.once('close', () => {
      if (isStopping) release(request.socket);
    });
    response.once('finish', () => {
      if (request.complete) return;
      const timer = setTimeout(() => request.socket.destroy(), SWALLOW_MS);
      request.socket.once('close', () => clearTimeout(timer));
      request.once('end', () => clearTimeout(timer));
    });
    if (lacksHost(request)) refuse(response, new ServiceError('BAD_REQUEST', 'The header Host is missing.'));
    else handler(request, response);
  }

  function onIdle(socket: Socket): void {
    const { request, response } = exchanges.get(socket) ?? {};
    if (request === undefined || response === undefined || response.writableEnded) {
      socket.destroy();
    } else if (!request.complete && request.listenerCount('error') > 0) {
      response.setHeader('Connection', 'close');
      request.emit('error', new ServiceError('REQUEST_TIMEOUT', `No byte of the body came for ${idleTimeoutMs} ms.`));
    } else if (response.headersSent) {
      socket.destroy();
    }
    // Otherwise the request is whole and its answer is being made.
  }

  const server: Server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1_000,
      requireHostHeader: false,
    },
    handle,
  );
  server.setTimeout(idleTimeoutMs, onIdle);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  // "Expect: 100-continue": a body that would be refused is not asked for.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if ((announcedLength(request) ?? 0) <= bodyLimitBytes) response.writeContinue();
    handle(request, response);
  });
  // RFC 9110 10.1.1 leaves it to us whether an expectation that we do not know matters.
  server.on('checkExpectation', handle);
  server.on('clientError', (reason: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const [code, detail] = CLIENT_ERRORS[reason.code ?? ''] ?? ['BAD_REQUEST', 'This is not valid HTTP.'];
    const { request, response } = exchanges.get(socket) ?? {};
    if (request === undefined || response === undefined || (request.complete && response.writableFinished)) {
      answerRaw(socket, new ServiceError(code, detail));
    } else if (!request.complete && !response.headersSent && request.listenerCount('error') > 0) {
      response.setHeader('Connection', 'close');
      request.emit('error', new ServiceError(code, detail));
    } else {
      // A request that was whole, or is answered already, has its own answer and gets no second one.
      endAfterAnswer(socket, response);
    }
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

    stop(graceMs) {
      isStopping = true;
      return new Promise((resolve) => {
        const force = setTimeout(() => server.closeAllConnections(), graceMs);
        // Not the HTTP server's own close(), which begins with closeIdleConnections().
        NetServer.prototype.close.call(server, () => {
          clearTimeout(force);
          resolve();
        });
        for (const socket of sockets) release(socket);
      });
    },
  };
}
