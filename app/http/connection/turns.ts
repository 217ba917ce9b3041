import type { Connection, Exchange } from './connection.js';

/** Requests by these may run side by side (RFC 9112, 9.3.2); any other runs alone on its connection. */
const SAFE_METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** With so many pipelined requests waiting, no more are read. */
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
 * Runs an exchange when its turn comes: at once for the only request of a connection; pipelined behind a request that
 * can change data, or being such a one, when the answers to all earlier ones are handed over.
 */
export function takeTurn(connection: Connection, exchange: Exchange, run: Run): void {
  const isSafe = SAFE_METHODS.has(exchange.request.method);
  if (connection.waiting.length === 0 && mayStart(connection, isSafe)) {
    start(connection, exchange, run, isSafe);
    return;
  }
  if (connection.waiting.push(exchange) >= MAX_WAITING) connection.socket.pause();
}

/** To be called when the answer of an exchange is handed over. */
export function endTurn(connection: Connection, run: Run): void {
  connection.runningCount -= 1;
  const { waiting, socket } = connection;
  if (waiting.length === 0) return;
  for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
    const isSafe = SAFE_METHODS.has(next.request.method);
    // After an answer that ended the connection, nothing more is served.
    if (!socket.writable || !mayStart(connection, isSafe)) return;
    waiting.shift();
    start(connection, next, run, isSafe);
  }
  if (!connection.isBroken) socket.resume();
}
