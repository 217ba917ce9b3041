import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** The request that a connection sends next, and the status that its answer must have. */
export type NextRequest = (connection: number, turn: number) => Buffer;

export type RawLoop = { port: number; connections: number; requests: number; next: NextRequest };

/** A whole request of HTTP/1.1. */
export function rawRequest(head: string, headers: Readonly<Record<string, string>>, body = ''): Buffer {
  const lines = Object.entries({ Host: '127.0.0.1', 'Content-Length': String(Buffer.byteLength(body)), ...headers });
  return Buffer.from(`${head} HTTP/1.1\r\n${lines.map((line) => line.join(': ')).join('\r\n')}\r\n\r\n${body}`);
}

/** Bytes of the answer at the start, once it is whole. @throws when it is not 2xx */
function answerLength(received: Buffer): number | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = received.toString('latin1', 0, headEnd);
  if (!/^HTTP\/1\.1 2/.test(head)) throw new Error(`refused: ${received.toString()}`);
  const length = headEnd + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1]);
  return received.length >= length ? length : undefined;
}

async function runConnection(socket: Socket, turns: number, next: (turn: number) => Buffer): Promise<void> {
  let received: Buffer = Buffer.alloc(0);
  let turn = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece]);
      try {
        const length = answerLength(received);
        if (length === undefined) return;
        received = received.subarray(length);
        if (++turn === turns) resolve();
        else socket.write(next(turn));
      } catch (reason) {
        reject(reason);
      }
    });
    socket.once('error', reject);
    socket.write(next(0));
  });
}

/**
 * Requests per second of connections that each send the next request when the answer has come. wrk cannot do this where a
 * request must follow the answer to the one before on the same connection.
 */
export async function loopRate({ port, connections, requests, next }: RawLoop): Promise<number> {
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      await once(socket, 'connect');
      return socket;
    }),
  );
  const turns = Math.ceil(requests / connections);
  const startedAt = performance.now();
  await Promise.all(sockets.map((socket, at) => runConnection(socket, turns, (turn) => next(at, turn))));
  const seconds = (performance.now() - startedAt) / 1_000;
  for (const socket of sockets) socket.destroy();
  return (turns * connections) / seconds;
}
