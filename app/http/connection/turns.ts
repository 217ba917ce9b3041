import type { Connection, Exchange } from './connection.js';

/** Requests with these methods may run concurrently (RFC 9112, 9.3.2); others run alone on their connection. */
const SAFE_METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Number of waiting pipelined requests at which reading pauses. */
const MAX_WAITING = 64;

type Run = (exchange: Exchange) => void;

function mayStart({ runningCount, isExclusive }: Connection, isSafe: boolean): boolean {
  return runningCount === 0 || (isSafe && !isExclusive);
}

function start(connection: Connection, exchange: Exchange, run: Run, isSafe: boolean): void {
  connection.runningCount += 1;
  connection.isExclusive = !isSafe;
  run(exchange);
}

/**
 * Runs an exchange when its turn comes: immediately if it is the only request of the connection. A pipelined request
 * that changes data, or follows one that does, waits until all earlier responses have been handed over.
 */
export function takeTurn(connection: Connection, exchange: Exchange, run: Run): void {
  const isSafe = SAFE_METHODS.has(exchange.request.method);
  if (connection.waiting.length === 0 && mayStart(connection, isSafe)) {
    start(connection, exchange, run, isSafe);
    return;
  }
  if (connection.waiting.push(exchange) >= MAX_WAITING) connection.socket.pause();
}

/** Call when the response of an exchange has been handed over. */
export function endTurn(connection: Connection, run: Run): void {
  connection.runningCount -= 1;
  const { waiting, socket } = connection;
  if (waiting.length === 0) return;
  for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
    const isSafe = SAFE_METHODS.has(next.request.method);
    // Nothing is served after a response that ended the connection.
    if (!socket.writable || !mayStart(connection, isSafe)) return;
    waiting.shift();
    start(connection, next, run, isSafe);
  }
  if (!connection.isBroken) socket.resume();
}
