import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { readAdminToken } from '../users.js';

export type FileAnswer = {
  status: number;
  headers: Readonly<Record<string, string | undefined>>;
  bytes: Buffer;
  /** The body as JSON. */
  json<Body>(): Body;
};

export type FileRequest = { headers?: OutgoingHttpHeaders; body?: Buffer | string };

/** Sends a request without changing its path, as `fetch` would do with `..`. */
export type SendFile = (method: string, path: string, options?: FileRequest) => Promise<FileAnswer>;

/** A body that is sent in pieces. */
export type OpenUpload = {
  /** Resolves once the bytes have been handed to the kernel. */
  write(bytes: Buffer): Promise<void>;
  /** Ends the body, and resolves with the answer. */
  end(): Promise<FileAnswer>;
  /** The answer, also without the end of the body. Rejects if the connection is lost. */
  answer: Promise<FileAnswer>;
  destroy(): void;
};

export type FileClient = {
  send: SendFile;
  put(path: string, body: Buffer | string, headers?: OutgoingHttpHeaders): Promise<FileAnswer>;
  open(path: string, headers: OutgoingHttpHeaders): OpenUpload;
};

function requestOf(
  { url, token }: { url: string; token: string | undefined },
  method: string,
  path: string,
  headers: OutgoingHttpHeaders,
) {
  const { hostname, port } = new URL(url);
  const authorization = token === undefined ? {} : { Authorization: `Token ${token}` };
  const sent = httpRequest({ hostname, port, method, path, headers: { ...authorization, ...headers }, agent: false });
  const answer = new Promise<FileAnswer>((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () => {
        const bytes = Buffer.concat(pieces);
        resolve({
          status: response.statusCode as number,
          headers: response.headers as Record<string, string | undefined>,
          bytes,
          json: () => JSON.parse(bytes.toString()),
        });
      });
    });
  });
  return { sent, answer };
}

/** A client of `/files`, with an administrator's token unless another one is given. */
export function fileClient(service: { url: string; dataDir: string }, ownToken?: string): FileClient {
  const connection = { url: service.url, token: ownToken ?? readAdminToken(service.dataDir) };
  const send: SendFile = (method, path, { headers = {}, body } = {}) => {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const { sent, answer } = requestOf(connection, method, path, { ...length, ...headers });
    sent.end(body);
    return answer;
  };
  return {
    send,
    put: (path, body, headers = {}) => send('PUT', `/files/${path}`, { headers, body }),
    open(path, headers) {
      const { sent, answer } = requestOf(connection, 'PUT', `/files/${path}`, headers);
      // Tests that cut the upload off do not look at the answer.
      answer.catch(() => {});
      sent.flushHeaders();
      return {
        answer,
        write: (bytes) =>
          new Promise((resolve, reject) => sent.write(bytes, (reason) => (reason ? reject(reason) : resolve()))),
        end() {
          sent.end();
          return answer;
        },
        destroy: () => void sent.destroy(),
      };
    },
  };
}

export function sha256Of(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The value of Content-Digest or Repr-Digest. */
export function digestOf(bytes: Buffer | string): string {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;
}

/** Asserts the status, with the whole answer in the message. */
export function assertStatus(answer: FileAnswer, status: number): FileAnswer {
  assert.equal(answer.status, status, `${answer.bytes.toString().slice(0, 500)} ${JSON.stringify(answer.headers)}`);
  return answer;
}
