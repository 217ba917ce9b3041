import * as zlib from 'node:zlib';
import { type Answer, request } from './http.js';
import { openRaw, type RawConnection, requestHead } from './raw_http.js';

export const CONTENT_TYPES = { json: 'application/json', ndjson: 'application/x-ndjson', csv: 'text/csv' } as const;
export type Format = keyof typeof CONTENT_TYPES;

export const ENCODERS = {
  identity: (body: Buffer) => body,
  gzip: (body: Buffer) => zlib.gzipSync(body),
  deflate: (body: Buffer) => zlib.deflateSync(body),
  br: (body: Buffer) => zlib.brotliCompressSync(body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
} as const;
export type Encoding = keyof typeof ENCODERS;

export const CSV_HEADER = 'citizen_id,town,street,building,apartment,name,birth_date,gender,relatives';

function toField(value: unknown): string {
  const text = Array.isArray(value) ? value.join(';') : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A row of CSV, in the order of CSV_HEADER. */
export function csvRow(citizen: object): string {
  return CSV_HEADER.split(',')
    .map((name) => toField((citizen as Record<string, unknown>)[name]))
    .join(',');
}

/** The text of an import in a format, with every line terminated. */
export const WRITERS: Readonly<Record<Format, (citizens: readonly object[]) => string>> = {
  json: (citizens) => JSON.stringify({ citizens }),
  ndjson: (citizens) => citizens.map((one) => `${JSON.stringify(one)}\n`).join(''),
  csv: (citizens) => [CSV_HEADER, ...citizens.map(csvRow)].map((row) => `${row}\n`).join(''),
};

export type Imported = { data: { import_id: number } };

/** POST /imports with a body of this format. */
export function post<Body = Imported>(
  url: string,
  format: Format,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Answer<Body>> {
  return request<Body>(url, { method: 'POST', headers: { 'Content-Type': CONTENT_TYPES[format], ...headers }, body });
}

/** POST /imports on a connection of its own, with a body that is sent in pieces. */
export type OpenPost = RawConnection & {
  part(text: string): void;
  end(): void;
};

export function openPost(port: number, headers: Record<string, string> = {}, path = '/imports'): OpenPost {
  const connection = openRaw(port);
  const all = { 'Content-Type': CONTENT_TYPES.ndjson, 'Transfer-Encoding': 'chunked', ...headers };
  connection.send(requestHead(`POST ${path}`, all));
  return {
    ...connection,
    part(text) {
      connection.send(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
    },
    end() {
      connection.send('0\r\n\r\n');
    },
  };
}
