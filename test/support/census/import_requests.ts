import { once } from 'node:events';
import { type Agent, type IncomingMessage, request } from 'node:http';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { openRaw, requestHead } from '../http/raw_http.js';
import { anyBody, BOMBS, type BodyRecipe, bodyOf, type Encoding, encode } from './import_bodies.js';
import type { Format } from './import_model.js';

/** Random import requests with unusual headers, encodings and framing, and the expected outcome. */

type Damage = 'none' | 'truncated' | 'flipped' | 'appended' | 'garbage' | 'unsaid' | 'untrue' | 'bomb';
/** How the end of the body is framed; `short` and `long` are wrong lengths. */
type Framing = 'length' | 'chunked' | 'short' | 'long';

export type RequestRecipe = {
  body: BodyRecipe;
  encoding: Encoding;
  damage: Damage;
  /** Position of the damage, as a fraction of the body. */
  at: number;
  framing: Framing;
  /** Positions at which the bytes are split into writes, as fractions. */
  cuts: readonly number[];
  contentType: string | undefined;
  dryRun: string | undefined;
  headers: Readonly<Record<string, string>>;
  key: string | undefined;
};

export type Sendable = {
  path: string;
  headers: Record<string, string>;
  /** The body as sent over the wire. */
  bytes: Buffer;
  framing: Framing;
  announcedBytes: number;
  cuts: readonly number[];
  /** The decoded body; undefined if the request must be refused whatever it contains. */
  decoded: Buffer | undefined;
  /** The damaged encoding can still be decoded, so the request may be either refused or accepted. */
  isTampered: boolean;
  isDryRun: boolean;
  format: Format;
  /** The key as the service reads it; undefined without one. */
  key: string | undefined;
};

export type FuzzAnswer = { status: number; headers: Readonly<Record<string, string>>; text: string };

const CONTENT_TYPES: Readonly<Record<Format, readonly string[]>> = {
  json: [
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/json;charset="UTF-8";x=y',
  ],
  ndjson: ['application/x-ndjson', 'application/x-ndjson; charset=utf8'],
  csv: ['text/csv', 'text/csv; header=present; charset=utf-8'],
};
const WRONG_TYPES = [
  'text/plain',
  'application/json; charset=latin1',
  'multipart/form-data',
  'application/jsonx',
  ';',
  '*/*',
];
const WRONG_ENCODINGS = ['zip', 'gzip, gzip', 'br, gzip', 'compress', '*', 'gzip;q=1'];

const anyHeaderValue = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
});

/** True once in the given number of times. */
function rarely<Value>(times: number, value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> {
  return fc.oneof({ weight: times - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
}

export const anyRequest: fc.Arbitrary<RequestRecipe> = fc
  .record({
    body: anyBody,
    encoding: fc.constantFrom<Encoding>('identity', 'identity', 'gzip', 'deflate', 'br'),
    damage: fc.oneof(
      { weight: 60, arbitrary: fc.constant<Damage>('none') },
      {
        weight: 15,
        arbitrary: fc.constantFrom<Damage>('truncated', 'flipped', 'appended', 'garbage', 'unsaid', 'untrue'),
      },
      { weight: 1, arbitrary: fc.constant<Damage>('bomb') },
    ),
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    framing: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom<Framing>('length', 'chunked') },
      { weight: 1, arbitrary: fc.constantFrom<Framing>('short', 'long') },
    ),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 }),
    dryRun: rarely(5, fc.oneof(fc.constantFrom('true', 'true', 'false', '', 'yes', 'true&dry_run=false'))),
    key: rarely(
      5,
      fc.oneof(
        fc.nat(30).map((number) => `"key ${number}"`),
        anyHeaderValue,
      ),
    ),
    wrongType: rarely(25, fc.constantFrom(...WRONG_TYPES)),
    typeOf: rarely(15, fc.constantFrom<Format>('json', 'ndjson', 'csv')),
    spelling: fc.nat(10),
    prefer: rarely(
      5,
      fc.oneof(fc.constantFrom('early-hints', 'tx=rollback', 'tx="rollback", early-hints', 'wait=5'), anyHeaderValue),
    ),
    accept: rarely(
      5,
      fc.oneof(fc.constantFrom('application/x-ndjson', 'application/json', '*/*', 'text/html;q=0.1'), anyHeaderValue),
    ),
  })
  .map(({ wrongType, typeOf, spelling, prefer, accept, ...recipe }) => {
    const format = typeOf ?? recipe.body.format;
    const spellings = CONTENT_TYPES[format];
    const headers = {
      ...(prefer !== undefined && { Prefer: prefer.trim() }),
      ...(accept !== undefined && { Accept: accept.trim() }),
    };
    return { ...recipe, contentType: wrongType ?? spellings[spelling % spellings.length], headers };
  });

function damaged(bytes: Buffer, damage: Damage, at: number): Buffer {
  const place = Math.floor(at * bytes.length);
  if (damage === 'truncated') return bytes.subarray(0, place);
  if (damage === 'appended') return Buffer.concat([bytes, Buffer.from('more')]);
  if (damage === 'garbage') return Buffer.concat([Buffer.from([place & 0xff, 0x8b]), bytes.subarray(2)]);
  if (damage !== 'flipped' || bytes.length === 0) return bytes;
  const flipped = Buffer.from(bytes);
  flipped[place] = (flipped[place] as number) ^ 0x10;
  return flipped;
}

function formatOfType(contentType: string | undefined): Format | undefined {
  const found = Object.entries(CONTENT_TYPES).find(([, types]) => types.includes(contentType ?? ''));
  return found?.[0] as Format | undefined;
}

/** The key as a header value, quoted or not; only characters that the header allows. */
function keyOf(header: string | undefined): string | undefined {
  const quoted = /^"((?:[ !#-[\]-~]|\\["\\])+)"$/.exec(header ?? '')?.[1]?.replaceAll(/\\(.)/g, '$1');
  return quoted ?? (/^[\w.:-]+$/.test(header ?? '') ? header : undefined);
}

/** Undefined if a decoder refuses it. */
function decode(bytes: Buffer, encoding: Encoding): Buffer | undefined {
  try {
    return { identity: (same: Buffer) => same, gzip: gunzipSync, deflate: inflateSync, br: brotliDecompressSync }[
      encoding
    ](bytes);
  } catch {
    return undefined;
  }
}

/** A prepared request and its expected outcome. */
export function toSendable(recipe: RequestRecipe, limitBytes: number): Sendable {
  const { damage, at, framing, dryRun, contentType } = recipe;
  const body = bodyOf(recipe.body);
  const bomb = damage === 'bomb' ? BOMBS[Math.floor(at * BOMBS.length)] : undefined;
  const encoding = bomb?.encoding ?? recipe.encoding;
  const whole = bomb?.bytes ?? damaged(encode(body, encoding), damage, at);
  const bytes = framing === 'short' ? whole.subarray(0, Math.floor(at * whole.length)) : whole;
  const key = recipe.key?.trim() || undefined;
  const preferences = (recipe.headers['Prefer'] ?? '').toLowerCase().replaceAll(/[\s"]/g, '').split(',');
  const isDryRun =
    dryRun === 'true' || (dryRun === undefined || dryRun === 'false' ? preferences.includes('tx=rollback') : false);

  const untrue = WRONG_ENCODINGS[Math.floor(at * WRONG_ENCODINGS.length)] as string;
  const said = damage === 'untrue' ? untrue : damage === 'unsaid' ? 'identity' : encoding;
  const isEncoded = said !== 'identity';
  const format = formatOfType(contentType);
  const isHopeless =
    framing === 'long' ||
    format === undefined ||
    damage === 'untrue' ||
    bomb !== undefined ||
    (isEncoded && (damage === 'truncated' || damage === 'appended' || framing === 'short')) ||
    bytes.length > limitBytes ||
    (dryRun !== undefined && dryRun !== 'true' && dryRun !== 'false') ||
    (key !== undefined && keyOf(key) === undefined && !isDryRun);
  const decoded = isHopeless ? undefined : isEncoded ? decode(bytes, encoding) : bytes;
  return {
    path: `/imports${dryRun === undefined ? '' : `?dry_run=${dryRun}`}`,
    headers: {
      ...recipe.headers,
      ...(contentType !== undefined && { 'Content-Type': contentType }),
      ...(said !== 'identity' && { 'Content-Encoding': said }),
      ...(key !== undefined && { 'Idempotency-Key': key }),
    },
    bytes: framing === 'short' ? whole : bytes,
    framing,
    announcedBytes: framing === 'long' ? bytes.length + 10 : bytes.length,
    cuts: recipe.cuts,
    decoded,
    isTampered: isEncoded && (damage === 'flipped' || damage === 'garbage'),
    isDryRun,
    format: format ?? 'json',
    key: keyOf(key),
  };
}

/** The writes that make up a body. */
function piecesOf({ bytes, cuts }: Sendable): Buffer[] {
  const ends = [...cuts].sort((a, b) => a - b).map((cut) => Math.floor(cut * bytes.length));
  return [...ends, bytes.length].map((end, place) => bytes.subarray(ends[place - 1] ?? 0, end));
}

async function sendWithWrongLength(port: number, sendable: Sendable): Promise<FuzzAnswer | undefined> {
  const { announcedBytes, framing, path, headers } = sendable;
  const connection = openRaw(port);
  try {
    connection.send(requestHead(`POST ${path}`, { ...headers, 'Content-Length': announcedBytes }));
    for (const piece of piecesOf(sendable)) connection.send(piece);
    if (framing === 'long') connection.socket.end();
    let answer = await connection.answer().catch(() => undefined);
    while (answer !== undefined && answer.status < 200) answer = await connection.answer().catch(() => undefined);
    return answer && { status: answer.status, headers: answer.headers, text: answer.body };
  } finally {
    connection.socket.destroy();
  }
}

/** Sends it on a connection of the agent; undefined if the connection ended without an answer. */
export async function sendFuzz(port: number, agent: Agent, sendable: Sendable): Promise<FuzzAnswer | undefined> {
  const { framing, bytes, path, headers } = sendable;
  if (framing === 'short' || framing === 'long') return sendWithWrongLength(port, sendable);
  const outgoing = request({
    port,
    agent,
    path,
    method: 'POST',
    headers: { ...headers, ...(framing === 'length' && { 'Content-Length': bytes.length }) },
  });
  // A refusal may close the connection during the upload; an answer received before that counts.
  const failed = new Promise<undefined>((resolve) => outgoing.on('error', () => resolve(undefined)));
  const answered = once(outgoing, 'response').catch(() => undefined);
  for (const piece of piecesOf(sendable)) if (piece.length > 0) outgoing.write(piece);
  outgoing.end();
  const [response] = ((await Promise.race([answered, failed])) ?? []) as IncomingMessage[];
  if (response === undefined) return undefined;
  const pieces = await response.toArray();
  return {
    status: response.statusCode as number,
    headers: response.headers as Record<string, string>,
    text: Buffer.concat(pieces).toString(),
  };
}
