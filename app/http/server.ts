import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { ERRORS, type ErrorCode, ServiceError } from '../errors.js';
import { cutOff } from './body.js';
import { NO_STORE, PROBLEM_TYPE, toProblem } from './problem.js';

/** A client has so long to send its headers. */
const HEADERS_TIMEOUT_MS = 15_000;
/**
 * A body may take hours, but in each such span, from its beginning on, it must come at this rate or come to its end.
 * Time in which nobody here asked for it does not count. 32 KiB/s is a quarter of a megabit, an upload of the mobile
 * nets of the 2000s; who only drips, to hold a connection, is found after one span.
 */
const PACE_SPAN_MS = 300_000;
const LEAST_BYTES_PER_SECOND = 32 * 1024;
const PACE_CHECK_MS = 1_000;
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
  /** Open ones, idle ones too. */
  connectionCount(): number;
};

export type HttpServerOptions = {
  idleTimeoutMs?: number;
  headersTimeoutMs?: number;
  paceSpanMs?: number;
  leastBytesPerSecond?: number;
};
type Handler = (request: IncomingMessage, response: ServerResponse) => void;
/** A request with its answer, and how much of the span has gone by since so many bytes were read from the socket. */
type Exchange = { request: IncomingMessage; response: ServerResponse; askedMs: number; bytesBefore: number };

/** Node's own codes of requests that never became one. */
const CLIENT_ERRORS: Readonly<Record<string, [ErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['HEADERS_TOO_LARGE', 'The request headers are over 16 KB.'],
  HPE_INVALID_URL: [
    'BAD_REQUEST',
    'The URL has a character that must be percent-encoded, as letters outside ASCII must (curl: -G --data-urlencode).',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_TIMEOUT', 'The request was not complete in time.'],
};

/** Node's codes of a connection that ended, in one way or another, before the body did. */
const CUT_OFF: ReadonlySet<string | undefined> = new Set(['HPE_INVALID_EOF_STATE', 'ECONNRESET']);

/** Answers on a bare socket, where there is no response object. */
function answerRaw(socket: Socket, error: ServiceError): void {
  const body = JSON.stringify(toProblem(error, 'none'));
  const { status, title } = ERRORS[error.code];
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Cache-Control: ${NO_STORE}\r\nConnection: close\r\n\r\n${body}`,
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

/** Whether somebody waits for bytes of the body: else their not coming is not the client's fault. */
function isAskedFor({ complete, readableFlowing }: IncomingMessage): boolean {
  return !complete && readableFlowing === true;
}

function refuse(response: ServerResponse, error: ServiceError): void {
  response.writeHead(ERRORS[error.code].status, {
    'Content-Type': PROBLEM_TYPE,
    'Cache-Control': NO_STORE,
    Connection: 'close',
  });
  response.end(JSON.stringify(toProblem(error, 'none')));
}

/**
 * Node's HTTP server with time-outs against slow clients. Nobody loses an answer: what comes too slowly is told so, and
 * a request that is complete is never cut off while it is worked on.
 */
export function createHttpServer(handler: Handler, options: HttpServerOptions = {}): HttpServer {
  const {
    idleTimeoutMs = IDLE_TIMEOUT_MS,
    headersTimeoutMs = HEADERS_TIMEOUT_MS,
    paceSpanMs = PACE_SPAN_MS,
    leastBytesPerSecond = LEAST_BYTES_PER_SECOND,
  } = options;
  const exchanges = new WeakMap<Socket, Exchange>();
  const sockets = new Set<Socket>();
  let isStopping = false;
  let paceCheck: NodeJS.Timeout | undefined;

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
    exchanges.set(request.socket, { request, response, askedMs: 0, bytesBefore: request.socket.bytesRead });
    // From here on it is the client's turn again: it has all the time there is to send the next byte.
    request.on('resume', () => {
      if (!request.complete) request.socket.setTimeout(idleTimeoutMs);
    });
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

  /** Tells whoever reads the body, so that the answer says it; answers whether somebody does. */
  function tellReader({ request, response }: Exchange, error: ServiceError): boolean {
    if (request.complete || response.headersSent || request.listenerCount('error') === 0) return false;
    response.setHeader('Connection', 'close');
    request.emit('error', error);
    return true;
  }

  function onIdle(socket: Socket): void {
    const exchange = exchanges.get(socket);
    if (exchange === undefined || exchange.response.writableEnded) {
      socket.destroy();
      return;
    }
    const tooSlow = new ServiceError('REQUEST_TIMEOUT', `No byte of the body came for ${idleTimeoutMs} ms.`);
    if (isAskedFor(exchange.request) && tellReader(exchange, tooSlow)) return;
    if (exchange.response.headersSent) socket.destroy();
    // The request is whole and its answer is being made, or it is we who are not ready for more of it.
  }

  function checkPace(): void {
    for (const socket of sockets) {
      const exchange = exchanges.get(socket);
      if (exchange === undefined || !isAskedFor(exchange.request)) continue;
      exchange.askedMs += PACE_CHECK_MS;
      if (exchange.askedMs < paceSpanMs) continue;
      const bytes = socket.bytesRead - exchange.bytesBefore;
      if (bytes * 1_000 < leastBytesPerSecond * exchange.askedMs) {
        const error = new ServiceError('REQUEST_TIMEOUT', `The body came at less than ${leastBytesPerSecond} bytes/s.`);
        if (!tellReader(exchange, error)) endAfterAnswer(socket, exchange.response);
      }
      exchange.askedMs = 0;
      exchange.bytesBefore = socket.bytesRead;
    }
  }

  const server: Server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      // Node's own limit knows no size; see PACE_SPAN_MS.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: PACE_CHECK_MS,
      requireHostHeader: false,
    },
    handle,
  );
  server.setTimeout(idleTimeoutMs, onIdle);
  /**
   * Node destroys a connection that is to close as soon as the answer is handed over; while the client is still sending,
   * the kernel then answers it with a reset, which can overtake the answer. So it is closed on our side only, and what
   * comes is swallowed, for as long as handle() says.
   */
  function lingerWhileBodyComes(socket: Socket): void {
    const destroySoon = socket.destroySoon.bind(socket);
    socket.destroySoon = () => {
      const request = exchanges.get(socket)?.request;
      if (request === undefined || request.complete || socket.readableEnded) {
        destroySoon();
        return;
      }
      request.once('end', destroySoon).once('close', destroySoon);
      socket.end();
    };
  }

  server.on('connection', (socket: Socket) => {
    lingerWhileBodyComes(socket);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
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
  server.on('clientError', (reason: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const [code, detail] = CLIENT_ERRORS[reason.code ?? ''] ?? ['BAD_REQUEST', 'This is not valid HTTP.'];
    let error = new ServiceError(code, detail);
    const exchange = exchanges.get(socket);
    if (exchange === undefined || (exchange.request.complete && exchange.response.writableFinished)) {
      answerRaw(socket, error);
      return;
    }
    if (CUT_OFF.has(reason.code)) error = cutOff();
    if (tellReader(exchange, error)) return;
    // A request that was whole, or is answered already, has its own answer and gets no second one. Who begins to read
    // the body only later is told then.
    exchange.request.once('resume', () => tellReader(exchange, error));
    endAfterAnswer(socket, exchange.response);
  });

  return {
    listen(host, port) {
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, () => {
          server.off('error', reject);
          paceCheck = setInterval(checkPace, PACE_CHECK_MS).unref();
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
          clearInterval(paceCheck);
          resolve();
        });
        for (const socket of sockets) release(socket);
      });
    },

    connectionCount: () => sockets.size,
  };
}
