import { connect, type Socket } from 'node:net';

/** An answer as received, with its body assembled from chunks. */
export type RawAnswer = { status: number; headers: Record<string, string>; body: string; bytes: Buffer };

export type RawConnection = {
  socket: Socket;
  send(bytes: string | Uint8Array): void;
  /** The next answer, 1xx included. Rejects if the connection ends first or a deadline passes. */
  answer(options?: { toHead?: boolean }): Promise<RawAnswer>;
  /** Resolves once the other side has closed the connection, with all received bytes not yet consumed as answers. */
  ended(): Promise<string>;
};

/** Much longer than any answer takes, so that a hang fails the test with a message instead of blocking the run. */
const DEADLINE_MS = 20_000;
const HEAD_END = '\r\n\r\n';

type Parsed = { answer: RawAnswer; rest: Buffer };

function unchunk(bytes: Buffer): { body: Buffer; rest: Buffer } | undefined {
  const pieces: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const start = lineEnd + 2;
    if (bytes.length < start + size + 2) return undefined;
    pieces.push(bytes.subarray(start, start + size));
    at = start + size + 2;
    if (size === 0) return { body: Buffer.concat(pieces), rest: bytes.subarray(at) };
  }
}

/** Status line and headers, without the final blank line. */
export function parseHead(text: string): Pick<RawAnswer, 'status' | 'headers'> {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(statusLine.split(' ')[1]), headers: Object.fromEntries(headers) };
}

function hasNoBody(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

/** The first answer in these bytes; undefined while it is incomplete. */
export function parseAnswer(bytes: Buffer, toHead: boolean): Parsed | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = parseHead(bytes.toString('latin1', 0, headEnd));
  const after = bytes.subarray(headEnd + HEAD_END.length);
  if (toHead || hasNoBody(head.status)) {
    return { answer: { ...head, body: '', bytes: Buffer.alloc(0) }, rest: after };
  }
  if (head.headers['transfer-encoding'] === 'chunked') {
    const whole = unchunk(after);
    return whole && { answer: { ...head, body: whole.body.toString(), bytes: whole.body }, rest: whole.rest };
  }
  const length = Number(head.headers['content-length']);
  if (after.length < length) return undefined;
  const body = after.subarray(0, length);
  return { answer: { ...head, body: body.toString(), bytes: body }, rest: after.subarray(length) };
}

/** A bare TCP connection to the service, for requests that no HTTP client would send. */
export function openRaw(port: number, options: { allowHalfOpen?: boolean } = {}): RawConnection {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true, ...options });
  let received: Buffer = Buffer.alloc(0);
  let isOver = false;
  const listeners = new Set<() => void>();
  const wake = () => {
    for (const listener of [...listeners]) listener();
  };
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  socket.on('close', () => {
    isOver = true;
    wake();
  });
  // The service may reset the connection of a refused request during the upload; the answer decides.
  socket.on('error', () => {});

  function until<Result>(what: string, look: () => Result | undefined): Promise<Result> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        clearTimeout(timer);
        listeners.delete(attempt);
      };
      const fail = (why: string) => {
        finish();
        reject(new Error(`${what}: ${why}; so far: ${received.toString().slice(0, 500)}`));
      };
      const attempt = () => {
        const found = look();
        if (found !== undefined) {
          finish();
          resolve(found);
        } else if (isOver) {
          fail('the connection ended');
        }
      };
      const timer = setTimeout(() => fail(`not within ${DEADLINE_MS} ms`), DEADLINE_MS);
      listeners.add(attempt);
      attempt();
    });
  }

  return {
    socket,
    send(bytes) {
      socket.write(bytes);
    },
    answer({ toHead = false } = {}) {
      return until('an answer', () => {
        const parsed = parseAnswer(received, toHead);
        if (parsed === undefined) return undefined;
        received = parsed.rest;
        return parsed.answer;
      });
    },
    ended: () => until('the end of the connection', () => (isOver ? received.toString() : undefined)),
  };
}

/** The head of a request with `Host` and these headers, including the blank line. */
export function requestHead(line: string, headers: Readonly<Record<string, string | number>> = {}): string {
  const lines = Object.entries({ Host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return [`${line} HTTP/1.1`, ...lines].join('\r\n') + HEAD_END;
}

/** Sends one piece on a new connection and returns the first answer. */
export async function sendRaw(port: number, bytes: string | Uint8Array): Promise<RawAnswer> {
  const connection = openRaw(port);
  try {
    connection.send(bytes);
    return await connection.answer({ toHead: typeof bytes === 'string' && bytes.startsWith('HEAD ') });
  } finally {
    connection.socket.destroy();
  }
}
