import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { RequestParts } from './parts.js';

/** A change that makes a request unusual or invalid. */
export type RequestDamage = (parts: RequestParts) => RequestParts;

/** Above the service's limit in this test. */
export const HUGE_BODY_BYTES = 1_200_000;

const PATH_TEXTS = ['x', '-1', '1.5', '0x1', '1e3', '01', '%31', '9007199254740993', '99999999999999999999'];
const ODD_PATHS = ['%00', '%ff', '%zz', '%', '..%2f..', '%2e%2e', '%0d%0aX:1', '%D0%9C', '\xd0\x9c', '1'.repeat(3_000)];
const QUERY_TEXTS = [
  '',
  '%ff',
  '%',
  '%zz',
  '%00',
  '-1',
  '1e9',
  'x'.repeat(3_000),
  '1,1',
  '[]',
  '+',
  '%2B',
  '1%00',
  "'",
];
const QUERY_NAMES = [
  'unknown',
  'limit[]',
  'LIMIT',
  '__proto__',
  'constructor',
  '%ff',
  '',
  'a%20b',
  'dryrun',
  'as_of%00',
];
const CONTENT_TYPES = [
  'text/plain',
  'application/json; charset=latin1',
  'application/json;charset="UTF-8";x=y',
  'APPLICATION/JSON',
  'application/x-ndjson',
  'text/csv; header=present',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'application/octet-stream',
  ';',
  '\xff\xfe',
  `application/json; charset=${' '.repeat(5_000)}`,
];
const ENCODERS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gzipSync,
  br: brotliCompressSync,
  deflate: deflateSync,
  identity: (bytes) => bytes,
};
const WRONG_ENCODINGS = ['zip', 'gzip, gzip', 'br, gzip', '*', 'gzip;q=1', '', 'identity', 'gzip', 'br', 'deflate'];
const ODD_HEADERS: readonly (readonly [string, string])[] = [
  ['Host', 'elsewhere.test'],
  ['Content-Length', '3'],
  ['Transfer-Encoding', 'gzip'],
  ['Expect', 'something'],
  ['X-Odd', '\xff\xfe'],
  ['X-Odd', '\x01'],
  ['X Odd', '1'],
  ['X-Request-Id', '"><script>'],
  ['X-Huge', 'h'.repeat(20_000)],
  ['Cookie', 'c='.repeat(2_000)],
  ['If-Match', '*'],
  ['If-Match', 'W/"1"'],
  ['If-None-Match', '"a", W/"b", *'],
  ['If-Modified-Since', 'Thu, 99 Xxx 2026'],
  ['Last-Event-ID', '99999999999999999999'],
  ['Idempotency-Key', '"'],
  ['Upgrade', 'h2c'],
  ['Forwarded', 'for=1'],
];
const BYTES_PUT_IN = [
  [0xff],
  [0xc3],
  [0xed, 0xa0, 0x80],
  [0xef, 0xbb, 0xbf],
  [0],
  [0x22],
  [0x7d],
  [0x0a],
  [0xff, 0xfe],
];

const onBody =
  (change: (body: NonNullable<RequestParts['body']>) => RequestParts['body']): RequestDamage =>
  (parts) =>
    parts.body === undefined ? parts : { ...parts, body: change(parts.body) };

/** The bytes no longer encode a known value. */
const onBytes = (change: (bytes: Buffer) => Buffer): RequestDamage =>
  onBody(({ contentType, bytes }) => ({ contentType, bytes: change(bytes) }));

const addHeader =
  (...header: readonly [string, string]): RequestDamage =>
  (parts) => ({ ...parts, headers: [...parts.headers, header] });

const addParameter =
  (...parameter: readonly [string, string]): RequestDamage =>
  (parts) => ({ ...parts, query: [...parts.query, parameter] });

const anyShare = fc.double({ min: 0, max: 1, noNaN: true });

const pathDamage = fc.tuple(fc.nat(), fc.constantFrom(...PATH_TEXTS, ...ODD_PATHS)).map(
  ([pick, text]): RequestDamage =>
    (parts) => {
      const names = Object.keys(parts.path);
      const name = names[pick % names.length];
      return name === undefined ? parts : { ...parts, path: { ...parts.path, [name]: text } };
    },
);

const queryDamage: fc.Arbitrary<RequestDamage> = fc.oneof(
  fc.constantFrom(...QUERY_NAMES).map((name) => addParameter(name, '1')),
  fc.constant<RequestDamage>((parts) => ({ ...parts, query: [...parts.query, ...parts.query] })),
  fc.tuple(fc.nat(), fc.constantFrom(...QUERY_TEXTS)).map(
    ([pick, text]): RequestDamage =>
      (parts) => {
        const known = parts.operation.parameters.filter((parameter) => parameter.in === 'query');
        const name = known[pick % known.length]?.name ?? 'unknown';
        return { ...parts, query: [...parts.query.filter(([other]) => other !== name), [name, text]] };
      },
  ),
  fc.tuple(fc.nat(), fc.constantFrom('%', '%ff', '%zz', '%00', '%ed%a0%80')).map(
    ([pick, text]): RequestDamage =>
      (parts) => ({
        ...parts,
        query: parts.query.map(([name, value], place) =>
          place === pick % parts.query.length ? ([name, value + text] as const) : ([name, value] as const),
        ),
      }),
  ),
  fc.constant<RequestDamage>((parts) => ({
    ...parts,
    query: Array.from({ length: 1_000 }, (_, place) => [`k${place}`, ''] as const),
  })),
);

const headerDamage: fc.Arbitrary<RequestDamage> = fc.oneof(
  fc.constantFrom('elsewhere.test', '127.0.0.1.elsewhere.test', '', 'a b', '[::1', 'localhost:99999').map(
    (host): RequestDamage =>
      (parts) => ({ ...parts, host }),
  ),
  fc.constantFrom(...ODD_HEADERS).map(([name, value]) => addHeader(name, value)),
  fc.constant<RequestDamage>((parts) => ({ ...parts, headers: [...parts.headers, ...parts.headers] })),
);

const bodyDamage: fc.Arbitrary<RequestDamage> = fc.oneof(
  anyShare.map((share) => onBytes((bytes) => bytes.subarray(0, Math.floor(share * bytes.length)))),
  fc.tuple(anyShare, fc.constantFrom(...BYTES_PUT_IN)).map(([share, put]) =>
    onBytes((bytes) => {
      const at = Math.floor(share * bytes.length);
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(put), bytes.subarray(at)]);
    }),
  ),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => onBytes(() => Buffer.from(bytes))),
  fc
    .constantFrom('{"a":'.repeat(4_000), '['.repeat(4_000), `"${'9'.repeat(5_000)}"`, '9'.repeat(5_000), '\n\n', '')
    .map((text) => onBytes(() => Buffer.from(text))),
  fc.constant(onBytes(() => Buffer.alloc(HUGE_BODY_BYTES, ' '))),
  fc.constant<RequestDamage>((parts) => ({ ...parts, framing: 'cut' })),
  fc.constant<RequestDamage>((parts) => ({ ...parts, body: undefined })),
  fc.constantFrom(undefined, ...CONTENT_TYPES).map((contentType) => onBody(({ bytes }) => ({ contentType, bytes }))),
  fc.constantFrom(...WRONG_ENCODINGS).map((encoding) => addHeader('Content-Encoding', encoding)),
  fc.constantFrom(...Object.keys(ENCODERS)).map(
    (encoding): RequestDamage =>
      (parts) => {
        if (parts.body === undefined) return parts;
        const bytes = ENCODERS[encoding]?.(parts.body.bytes) as Buffer;
        return addHeader('Content-Encoding', encoding)({ ...parts, body: { ...parts.body, bytes } });
      },
  ),
);

/** Applies one or two changes that are possible for the request. */
export const requestDamage: fc.Arbitrary<RequestDamage> = fc
  .array(fc.oneof(pathDamage, queryDamage, headerDamage, bodyDamage), { minLength: 1, maxLength: 2 })
  .map((damages) => (parts) => damages.reduce((changed, damage) => damage(changed), parts));
