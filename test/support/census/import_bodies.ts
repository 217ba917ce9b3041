import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { FIELD_CASES } from './field_cases.js';
import type { Format } from './import_model.js';

/** Random bodies of imports: valid, unusual and damaged. Recipes are small, so that a failing one can be printed. */

const MIB = 1024 * 1024;
const NAMES = Object.keys(makeCitizens(1, 0)[0] ?? {});

/** Inserted somewhere in a body; each has broken a parser before. */
const SHARDS: readonly (string | Buffer)[] = [
  '[[[[',
  '{},{},',
  '['.repeat(5_000),
  '{"a":'.repeat(5_000),
  '{},'.repeat(5_000),
  '\n'.repeat(5_000),
  ','.repeat(5_000),
  ' '.repeat(300_000),
  'x'.repeat(300_000),
  `"${'k'.repeat(100_000)}":1,`,
  '"__proto__":{"town":"x"},',
  '"constructor":{"prototype":1},',
  '"toString":1,',
  '"citizens":[],',
  '9'.repeat(400),
  '1e999',
  '-',
  '1E+2',
  '9007199254740993',
  '\\ud800',
  '\\u0000',
  '\\',
  '"',
  '""',
  '"\n"',
  '\r',
  '\r\n',
  '\n',
  ',',
  ';',
  ':',
  '}',
  ']',
  '\0',
  '\ufeff',
  '\u2028',
  '\u00a0',
  '\f',
  'NaN',
  '// comment\n',
  Buffer.from([0xff]),
  Buffer.from([0xc3]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf0, 0x9f, 0x98]),
  Buffer.from([0xc0, 0xaf]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
];

type Change = {
  kind: 'cut' | 'double' | 'remove' | 'put' | 'byte' | 'swap';
  at: number;
  length: number;
  shard: number;
};
/** Repeats one piece of a text many times. */
type Bare = { start: string | Uint8Array; piece?: string; times?: number; end?: string };

export type BodyRecipe = {
  format: Format;
  count: number;
  seed: number;
  /** Values from FIELD_CASES, at the limits of the rules, which replace a citizen's own. */
  oddities: readonly { place: number; fieldCase: number }[];
  lineEnd: '\n' | '\r\n';
  mark: boolean;
  changes: readonly Change[];
  /** Replaces all of the above. */
  bare?: Bare | undefined;
};

function csvField(raw: string): string {
  const value: unknown = JSON.parse(raw);
  const text = Array.isArray(value) ? value.join(';') : typeof value === 'string' ? value : raw;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function textOf({ format, count, seed, oddities, lineEnd, mark }: BodyRecipe): string {
  const citizens = makeCitizens(count, Math.floor(count / 4), seed).map((one) =>
    Object.fromEntries(Object.entries(one).map(([name, value]) => [name, JSON.stringify(value)])),
  );
  for (const { place, fieldCase } of count === 0 ? [] : oddities) {
    const { field, raw } = FIELD_CASES[fieldCase % FIELD_CASES.length] as (typeof FIELD_CASES)[number];
    (citizens[place % count] as Record<string, string>)[field] = raw;
  }
  const objects = () => citizens.map((one) => `{${NAMES.map((name) => `"${name}":${one[name]}`)}}`);
  const rows = () => citizens.map((one) => NAMES.map((name) => csvField(one[name] as string)).join());
  const text = {
    json: () => `{"citizens":[${objects().join(`,${lineEnd}`)}]}`,
    ndjson: () => objects().join(lineEnd),
    csv: () => [NAMES.join(), ...rows()].join(lineEnd),
  }[format]();
  return `${mark ? '\ufeff' : ''}${text}`;
}

function change(bytes: Buffer, { kind, at, length, shard }: Change): Buffer {
  const start = Math.floor(at * bytes.length);
  const end = Math.min(start + length, bytes.length);
  const [before, middle, after] = [bytes.subarray(0, start), bytes.subarray(start, end), bytes.subarray(end)];
  const put = Buffer.from(SHARDS[shard % SHARDS.length] as string);
  switch (kind) {
    case 'cut':
      return before;
    case 'double':
      return Buffer.concat([before, middle, middle, after]);
    case 'remove':
      return Buffer.concat([before, after]);
    case 'put':
      return Buffer.concat([before, put, middle, after]);
    case 'byte':
      return Buffer.concat([before, Buffer.from([shard % 256]), bytes.subarray(start + 1)]);
    case 'swap':
      return Buffer.concat([middle, before, after]);
  }
}

function bareBytes({ start, piece = '', times = 0, end = '' }: Bare): Buffer {
  return Buffer.concat([Buffer.from(start as string), Buffer.from(piece.repeat(times) + end)]);
}

/** The decoded bytes of a body. */
export function bodyOf(recipe: BodyRecipe): Buffer {
  const start = recipe.bare === undefined ? Buffer.from(textOf(recipe)) : bareBytes(recipe.bare);
  return recipe.changes.reduce(change, start);
}

const anyChange: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('cut', 'double', 'remove', 'put', 'put', 'put', 'byte', 'swap'),
  at: fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
  length: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 300 })),
  shard: fc.nat(10_000),
});

/** Bodies that resemble no import. */
const anyBare: fc.Arbitrary<Bare> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => ({ start: bytes })),
  fc.json().map((text) => ({ start: text })),
  fc.json().map((text) => ({ start: `{"citizens":[${text}]}` })),
  fc.constantFrom<Bare>(
    { start: '' },
    { start: ' \n\t' },
    { start: '\ufeff' },
    { start: '\n\n\n' },
    { start: '', piece: '[', times: 200_000 },
    { start: '', piece: '{"citizens":[', times: 50_000 },
    { start: '{"citizens":[', piece: '{},', times: 20_000, end: ']}' },
    { start: '{"citizens":[', piece: '[', times: 100_000, end: ']}' },
    { start: '', piece: '{}\n', times: 20_000 },
    { start: '{"citizens":[],"', piece: 'k', times: 400_000, end: '":1}' },
    { start: `${NAMES.join()}\n` },
    { start: `${NAMES.join()}\n"`, piece: 'a""', times: 200_000 },
    { start: `${NAMES.join()}\n`, piece: 'x', times: 2 * MIB },
    { start: '', piece: ',', times: 100_000, end: '\n' },
  ),
);

/**
 * Recipes for bodies: a third are valid, some span several chunks, and only a few of those are valid, since the
 * database keeps them.
 */
export const anyBody: fc.Arbitrary<BodyRecipe> = fc.record({
  format: fc.constantFrom<Format>('json', 'ndjson', 'csv'),
  count: fc.oneof({ weight: 30, arbitrary: fc.nat(8) }, { weight: 2, arbitrary: fc.integer({ min: 2001, max: 2600 }) }),
  seed: fc.nat(1_000_000),
  oddities: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.record({ place: fc.nat(3000), fieldCase: fc.nat(10_000) }), { maxLength: 2 }) },
  ),
  lineEnd: fc.constantFrom('\n', '\r\n'),
  mark: fc.boolean(),
  changes: fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(anyChange, { minLength: 1, maxLength: 3 }) },
  ),
  bare: fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: anyBare }),
});

export type Encoding = 'identity' | 'gzip' | 'deflate' | 'br';

/** Encodes the bytes at the fastest level, since the level does not matter here. */
export function encode(bytes: Buffer, encoding: Encoding): Buffer {
  if (encoding === 'identity') return bytes;
  if (encoding === 'gzip') return gzipSync(bytes, { level: 1 });
  if (encoding === 'deflate') return deflateSync(bytes, { level: 1 });
  return brotliCompressSync(bytes, { params: { 1: 1 } });
}

/** Small bodies that decode to 48 MB each. */
export const BOMBS: readonly { encoding: Encoding; bytes: Buffer }[] = [' ', '[', '{},', '\n', '0,'].flatMap((piece) =>
  (['gzip', 'br'] as const).map((encoding) => ({ encoding, bytes: encode(Buffer.alloc(48 * MIB, piece), encoding) })),
);
