import * as http from 'node:http';
import * as https from 'node:https';

/** There is no time limit for an answer; keep-alive probes detect within minutes that the peer is gone. */
const TCP_KEEP_ALIVE_MS = 10_000;

/** The connection failed before an answer arrived. */
export class LostError extends Error {
  /** As shown to the user, such as `ECONNREFUSED`. */
  readonly reason: string;
  /** `false` when no connection was established. */
  readonly wasConnected: boolean;

  constructor(reason: unknown, wasConnected: boolean) {
    const { code, message } = reason as NodeJS.ErrnoException;
    super(`the connection was lost: ${code ?? message}`);
    this.name = 'LostError';
    this.reason = code ?? message;
    this.wasConnected = wasConnected;
  }
}

/** The URL as shown to the user, without a user name and password. */
export function shownUrl({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

type SmallRequest = {
  method: string;
  path: string;
  headers?: http.OutgoingHttpHeaders;
  body?: string | Buffer;
  signal?: AbortSignal;
};

export type Connection = {
  /** Opens a request, whose body the caller sends. */
  open(path: string, options: http.RequestOptions): http.ClientRequest;
  /** Sends a request with its whole body; resolves with the head of the answer. @throws LostError */
  send(request: SmallRequest): Promise<http.IncomingMessage>;
};

/** Connections to the service at `baseUrl` that send `token` if given; `signal` aborts all requests. */
export function createConnection(baseUrl: URL, signal: AbortSignal, token?: string): Connection {
  const { request } = baseUrl.protocol === 'https:' ? https : http;
  // A proxy may serve the API below a path.
  const urlOf = (path: string) => new URL(`${baseUrl.pathname.replace(/\/$/, '')}${path}`, baseUrl);

  function open(path: string, options: http.RequestOptions): http.ClientRequest {
    const headers = { ...options.headers, ...(token !== undefined && { Authorization: `Token ${token}` }) };
    const opened = request(urlOf(path), { ...options, headers, agent: false, signal: options.signal ?? signal });
    opened.setSocketKeepAlive(true, TCP_KEEP_ALIVE_MS);
    return opened;
  }

  return {
    open,
    async send({ method, path, headers = {}, body, signal: own }) {
      let wasConnected = false;
      try {
        return await new Promise((resolve, reject) => {
          const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
          const sent = open(path, {
            method,
            headers: { ...headers, ...length },
            signal: own === undefined ? signal : AbortSignal.any([signal, own]),
          });
          sent.on('socket', (socket) => socket.once('connect', () => (wasConnected = true)));
          sent.once('response', resolve).on('error', reject).end(body);
        });
      } catch (reason) {
        throw new LostError(reason, wasConnected);
      }
    },
  };
}

/** The parsed JSON of an answer; `undefined` when it is not JSON, or longer than `maxBytes`. */
export async function readJson(message: AsyncIterable<Uint8Array>, maxBytes: number): Promise<unknown> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of message) {
    bytes += piece.length;
    if (bytes > maxBytes) return undefined;
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString());
  } catch {
    return undefined;
  }
}
