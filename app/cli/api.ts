import type * as http from 'node:http';
import type { ImportFormat } from '../census/imports/service.js';
import { CommandError } from './command_error.js';
import { createConnection, LostError, readJson } from './connection.js';
import { type ImportEvent, type ImportState, readEvents, toImportState } from './svodka/import_events.js';
import type { ImportSource } from './svodka/source.js';

const REPORT_TYPE = 'application/x-ndjson';
/** Refusals as a report of violations, everything else as JSON if possible. */
const ACCEPT = `${REPORT_TYPE}, application/json;q=0.9, */*;q=0.1`;
const CONTENT_TYPES: Readonly<Record<ImportFormat, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
};
/** A problem with 100 violations takes 30 KB. */
const MAX_ANSWER_BYTES = 1024 * 1024;
export type Answer = {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** The parsed JSON of the answer; `undefined` when it is not JSON. */
  content: unknown;
  /** Set in place of `content` when the answer is a report: its lines, which the caller reads. */
  report: AsyncIterable<Uint8Array> | undefined;
};

type Sending = {
  source: ImportSource;
  isDryRun: boolean;
  key: string;
  /** Called with the number of bytes sent so far. */
  onSent(bytes: number): void;
  /** Called when the whole body is sent. */
  onFullySent(): void;
  /** Called with the id of the import, by which it can be watched while it is sent. */
  onStaged(importId: number): void;
};

export type ApiMethod = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export type Api = {
  /** Tries once to import the source. @throws LostError; CommandError when the source cannot be read */
  send(sending: Sending): Promise<Answer>;
  /** Sends a request with a small JSON body, or without a body. @throws LostError */
  ask(method: ApiMethod, path: string, body?: unknown): Promise<Answer>;
  /** `undefined` when the state is not available; never fails. */
  state(importId: number): Promise<ImportState | undefined>;
  /** Ends with the import, with the connection, or with `signal`; never fails. */
  events(importId: number, signal: AbortSignal): AsyncGenerator<ImportEvent, void, undefined>;
};

type Problem = { code?: string; detail?: string };

/** Code and detail of a problem; empty for other answers. */
export function problemOf({ content }: Answer): Problem {
  const { code, detail } = (content ?? {}) as Record<string, unknown>;
  return {
    ...(typeof code === 'string' && { code }),
    ...(typeof detail === 'string' && { detail }),
  };
}

/** A string of a structured field (RFC 8941). */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

function importIdIn(location: string | undefined): number | undefined {
  const digits = /\/imports\/(\d{1,15})$/.exec(location ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function isReport(message: http.IncomingMessage): boolean {
  return message.statusCode === 400 && (message.headers['content-type'] ?? '').startsWith(REPORT_TYPE);
}

/** A client of the service at `baseUrl`, which sends `token` if given; `signal` aborts all its requests. */
export function createApi(baseUrl: URL, signal: AbortSignal, token?: string): Api {
  const connection = createConnection(baseUrl, signal, token);

  function headersOf({ source: { format, encoding, sizeBytes }, isDryRun, key }: Sending): http.OutgoingHttpHeaders {
    return {
      'Content-Type': CONTENT_TYPES[format],
      Accept: ACCEPT,
      // With `close`, an answer sent before the end of the body could be lost when the service closes the connection.
      Connection: 'keep-alive',
      ...(encoding !== undefined && { 'Content-Encoding': encoding }),
      ...(sizeBytes !== undefined && { 'Content-Length': sizeBytes }),
      ...(isDryRun ? {} : { 'Idempotency-Key': quoted(key), Prefer: 'early-hints' }),
    };
  }

  /** Resolves with the head of the answer. Sending stops when the answer arrives before the whole body is sent. */
  function exchange(sending: Sending, posted: http.ClientRequest) {
    return new Promise<http.IncomingMessage>((resolve, reject) => {
      const body = sending.source.open();
      let bytes = 0;
      const stop = () => {
        body.unpipe(posted);
        body.destroy();
      };
      posted.on('information', ({ headers }) => {
        const importId = importIdIn(headers['location'] as string | undefined);
        if (importId !== undefined) sending.onStaged(importId);
      });
      posted.on('response', (message) => {
        stop();
        resolve(message);
      });
      posted.on('error', (reason) => {
        stop();
        reject(reason);
      });
      body.on('error', (reason) => {
        posted.destroy();
        reject(reason);
      });
      body.on('data', (piece: Buffer) => {
        bytes += piece.length;
        sending.onSent(bytes);
      });
      body.on('end', sending.onFullySent);
      // Reading pauses while the connection accepts no more data.
      body.pipe(posted);
    });
  }

  return {
    async send(sending) {
      let wasConnected = false;
      const path = sending.isDryRun ? '/imports?dry_run=true' : '/imports';
      const posted = connection.open(path, { method: 'POST', headers: headersOf(sending) });
      posted.on('socket', (socket) => socket.once('connect', () => (wasConnected = true)));
      try {
        const message = await exchange(sending, posted);
        const { statusCode: status = 0, headers } = message;
        if (isReport(message)) return { status, headers, content: undefined, report: message };
        const content = await readJson(message, MAX_ANSWER_BYTES);
        posted.destroy();
        return { status, headers, content, report: undefined };
      } catch (reason) {
        posted.destroy();
        if (reason instanceof CommandError) throw reason;
        throw new LostError(reason, wasConnected);
      }
    },

    async ask(method, path, body) {
      const message = await connection.send({
        method,
        path,
        ...(body !== undefined && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
      });
      const { statusCode: status = 0, headers } = message;
      try {
        return { status, headers, content: await readJson(message, MAX_ANSWER_BYTES), report: undefined };
      } catch (reason) {
        throw new LostError(reason, true);
      }
    },

    async state(importId) {
      try {
        const content = await readJson(
          await connection.send({ method: 'GET', path: `/imports/${importId}` }),
          MAX_ANSWER_BYTES,
        );
        return toImportState((content as { data?: unknown } | undefined)?.data);
      } catch {
        return undefined;
      }
    },

    async *events(importId, stopping) {
      try {
        const path = `/imports/${importId}/events`;
        const message = await connection.send({ method: 'GET', path, signal: stopping });
        if (message.statusCode === 200) yield* readEvents(message);
        message.destroy();
      } catch {
        // Events are optional: the answer to the import's own request reports its outcome.
      }
    },
  };
}
