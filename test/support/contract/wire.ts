import { connect, type Socket } from 'node:net';
import { parseAnswer, parseHead, type RawAnswer } from '../http/raw_http.js';
import { decodeBody } from './encodings.js';

/** A request as sent over the wire. Each character of a text is one byte (latin1), so that any bytes can be sent. */
export type WireRequest = {
  method: string;
  target: string;
  headers: readonly (readonly [name: string, value: string])[];
  body?: Buffer | undefined;
  /** How the end of the body is framed; `cut`: the client announces more than it sends, then closes its side. */
  framing: 'length' | 'chunked' | 'cut';
};

export type WireAnswer = {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Decoded by its Content-Encoding. For an event stream: its beginning. */
  body: Buffer;
  /** The body, if it is JSON. */
  json: unknown;
  /** Bytes received after the end of the answer; there must be none. */
  strayBytes: number;
};

/** Much longer than any answer takes. */
const DEADLINE_MS = 20_000;
const CHUNK_BYTES = 1_000;
const MAX_ADDRESSES = 250;
const NO_BODY = Buffer.alloc(0);

function framed({ body = NO_BODY, framing }: WireRequest): Buffer {
  if (framing !== 'chunked') return body;
  const pieces: Buffer[] = [];
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    const piece = body.subarray(at, at + CHUNK_BYTES);
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'));
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]);
}

/** Whether the service and this client may disagree on where the next request begins. */
function hasUnclearEnd({ framing, headers }: WireRequest): boolean {
  return framing === 'cut' || headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
}

/** Serializes a request. */
export function encodeRequest(request: WireRequest): Buffer {
  const { method, target, headers, body, framing } = request;
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  if (body !== undefined && framing === 'chunked') lines.push('Transfer-Encoding: chunked');
  if (body !== undefined && framing === 'length') lines.push(`Content-Length: ${body.length}`);
  if (body !== undefined && framing === 'cut') lines.push(`Content-Length: ${body.length + 10}`);
  const head = [`${method} ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n');
  return body === undefined
    ? Buffer.from(head, 'latin1')
    : Buffer.concat([Buffer.from(head, 'latin1'), framed(request)]);
}

/** The head of an endless answer, and what has come of it: nothing has to happen for a long time. */
function beginningOfStream(received: Buffer): RawAnswer | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = parseHead(received.toString('latin1', 0, headEnd));
  if (!head.headers['content-type']?.startsWith('text/event-stream')) return undefined;
  return { ...head, body: '', bytes: received.subarray(headEnd + 4) };
}

function toAnswer({ status, headers, bytes }: RawAnswer, strayBytes: number): WireAnswer {
  const body = decodeBody(bytes, headers['content-encoding']);
  const isJson = /^application\/([\w.-]+\+)?json\b/.test(headers['content-type'] ?? '');
  return {
    status,
    headers,
    body,
    json: isJson && body.length > 0 ? JSON.parse(body.toString()) : undefined,
    strayBytes,
  };
}

/** The connection ended or stayed silent too long before the answer was complete. */
export class NoAnswer extends Error {
  /** The service refuses connections. */
  readonly isServiceGone: boolean;

  constructor(why: string, isServiceGone: boolean) {
    super(`no answer: ${why}`);
    this.isServiceGone = isServiceGone;
  }
}

export type WireClient = {
  /** @throws NoAnswer */
  exchange(request: WireRequest): Promise<WireAnswer>;
  close(): void;
};

/** Sends requests sequentially, on one connection for as long as it stays open. */
export function createWireClient(port: number): WireClient {
  let kept: Socket | undefined;

  // Each connection uses another address, since some limits are per address.
  let opened = 0;

  function openSocket(): Socket {
    opened++;
    const localAddress = `127.0.${1 + (Math.floor(opened / MAX_ADDRESSES) % MAX_ADDRESSES)}.${1 + (opened % MAX_ADDRESSES)}`;
    const socket = connect({ port, host: '127.0.0.1', localAddress, allowHalfOpen: true });
    socket.setNoDelay();
    return socket;
  }

  function exchange(request: WireRequest): Promise<WireAnswer> {
    const isReusable = kept !== undefined && !kept.destroyed && kept.readable && kept.writable;
    const socket = isReusable ? (kept as Socket) : openSocket();
    kept = undefined;
    let received: Buffer = NO_BODY;
    return new Promise((resolve, reject) => {
      const finish = () => {
        clearTimeout(timer);
        socket.removeAllListeners();
        // The service may reset the connection of a refused request during the upload.
        socket.on('error', () => {});
      };
      const fail = (why: string) => {
        finish();
        socket.destroy();
        const soFar = received.toString('latin1').slice(0, 300);
        reject(new NoAnswer(soFar === '' ? why : `${why}; so far: ${soFar}`, why.includes('ECONNREFUSED')));
      };
      const settle = (answer: RawAnswer, rest: Buffer, isEndless: boolean) => {
        finish();
        const mustClose = isEndless || hasUnclearEnd(request) || answer.headers['connection'] === 'close';
        if (mustClose) socket.destroy();
        else {
          socket.pause();
          kept = socket;
        }
        try {
          resolve(toAnswer(answer, mustClose ? 0 : rest.length));
        } catch (reason) {
          reject(reason);
        }
      };
      const look = () => {
        const stream = request.method === 'HEAD' ? undefined : beginningOfStream(received);
        if (stream !== undefined) return settle(stream, NO_BODY, true);
        for (;;) {
          const parsed = parseAnswer(received, request.method === 'HEAD');
          if (parsed === undefined) return;
          received = parsed.rest;
          if (parsed.answer.status >= 200) return settle(parsed.answer, parsed.rest, false);
        }
      };
      const timer = setTimeout(() => fail(`not within ${DEADLINE_MS} ms`), DEADLINE_MS);
      socket.on('data', (chunk) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
        look();
      });
      socket.on('error', ({ message }) => fail(message));
      socket.on('end', () => fail('the service ended the connection'));
      socket.on('close', () => fail('the connection ended'));
      socket.resume();
      socket.write(encodeRequest(request));
      if (request.framing === 'cut') socket.end();
    });
  }

  return {
    exchange,
    close() {
      kept?.destroy();
    },
  };
}
