import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Citizen } from '../../../../app/census/citizens/schema.js';
import { createRandom, makeCitizens } from '../../../../app/census/demo/citizens.js';
import type { ImportFormat } from '../../../../app/census/imports/intake/parse.js';
import { acquireScan, releaseScan } from '../../../../app/census/imports/scan/module.js';
import { parseBody } from '../../../support/census/parse.js';
import { runs } from '../../../support/random.js';

/** Both ways read the same bytes, in the same parts; everything that is handed out or said must be equal. */
async function assertEqualWays(format: ImportFormat, body: Buffer, cuts: readonly number[]): Promise<boolean> {
  const plain = await parseBody(body, { format, cuts, reportsAll: true });
  const scanned = await parseBody(body, { format, cuts, reportsAll: true, scan: true });
  assert.deepEqual(scanned, plain);
  return 'chunks' in scanned;
}

function bodyOf(format: ImportFormat, citizens: readonly unknown[], space?: number): Buffer {
  if (format === 'json') return Buffer.from(JSON.stringify({ citizens }, null, space));
  return Buffer.from(`${citizens.map((one) => JSON.stringify(one)).join('\n')}\n`);
}

/** Writes this share of the letters outside ASCII, and of a few in it, as `\\uXXXX` in either case. */
function withEscapes(body: Buffer, share: number, random: () => number): Buffer {
  const written = (text: string) => {
    if (random() >= share) return text;
    const units = text.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
    return units.map((hex) => `\\u${random() < 0.5 ? hex.toUpperCase() : hex}`).join('');
  };
  return share === 0 ? body : Buffer.from(body.toString().replace(/\P{ASCII}|[lm.](?![^"]*":)/gu, written));
}
const anyShare = fc.constantFrom(0, 0.02, 0.5, 1);

const anyFormat = fc.constantFrom<ImportFormat>('json', 'ndjson');
const anySize = fc.oneof(
  { weight: 5, arbitrary: fc.nat(40) },
  { weight: 1, arbitrary: fc.integer({ max: 3000, min: 900 }) },
);
/** Shares of the body at which it is cut into parts. */
const anyCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 });
const placesOf = (cuts: readonly number[], bytes: number) =>
  cuts.map((share) => Math.floor(share * bytes)).sort((a, b) => a - b);

const anyCitizens = fc
  .record({ size: anySize, seed: fc.nat(), firstId: fc.constantFrom(0, 1, 2 ** 32, 10 ** 14) })
  .map(({ size, seed, firstId }) =>
    makeCitizens(size, size > 1 ? size : 0, seed).map((one) => ({
      ...one,
      citizen_id: firstId + one.citizen_id,
      relatives: one.relatives.map((id) => firstId + id),
    })),
  );

const ODD_TEXTS = [
  'Ё',
  '漢字',
  '😀',
  '"',
  '\\',
  '\n',
  '\u0000',
  '_',
  '',
  'я'.repeat(256),
  'я'.repeat(257),
  '😀'.repeat(256),
  'Т'.repeat(16),
];
const ODD_VALUES = [
  null,
  -1,
  1.5,
  0,
  10 ** 15,
  2 ** 53 - 1,
  2 ** 53,
  true,
  [],
  {},
  [1],
  '31.02.2000',
  '01.01.0000',
  '27.11.2026',
];

/** One change of one citizen. */
type Change = (citizens: Citizen[], random: () => number) => void;
const at = (citizens: readonly Citizen[], random: () => number) =>
  citizens[Math.floor(random() * citizens.length)] as unknown as Record<string, unknown>;
const from = <T>(values: readonly T[], random: () => number) => values[Math.floor(random() * values.length)] as T;
const FIELDS = ['town', 'street', 'building', 'name', 'birth_date', 'gender', 'citizen_id', 'apartment', 'relatives'];
const CHANGES: Record<string, Change> = {
  text: (citizens, random) => {
    at(citizens, random)[from(FIELDS.slice(0, 4), random)] = from(ODD_TEXTS, random);
  },
  value: (citizens, random) => {
    at(citizens, random)[from(FIELDS, random)] = from(ODD_VALUES, random);
  },
  twice: (citizens, random) => {
    at(citizens, random)['citizen_id'] = at(citizens, random)['citizen_id'];
  },
  relative: (citizens, random) => {
    at(citizens, random)['relatives'] = [at(citizens, random)['citizen_id']];
  },
  unknown: (citizens, random) => {
    at(citizens, random)['extra'] = 1;
  },
  missing: (citizens, random) => {
    delete at(citizens, random)[from(FIELDS, random)];
  },
  /** A star: one citizen is everybody's relative, which is consistent, and a long list. */
  star: (citizens) => {
    const [centre, ...others] = citizens;
    if (centre === undefined) return;
    centre.relatives = others.map(({ citizen_id }) => citizen_id);
    for (const one of others) one.relatives = [centre.citizen_id];
  },
};
const anyChanges = fc.array(fc.constantFrom(...Object.keys(CHANGES)), { maxLength: 3 });

describe('plain citizens', () => {
  it('can be read in WebAssembly on this machine', () => {
    const scan = acquireScan();
    assert.ok(scan);
    releaseScan(scan);
  });

  it('are taken the same in both ways', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(
        anyFormat,
        anyCitizens,
        anyCuts,
        fc.constantFrom(0, 2),
        anyShare,
        fc.nat(),
        async (format, citizens, cuts, space, share, seed) => {
          const body = withEscapes(bodyOf(format, citizens, space), share, createRandom(seed));
          if (await assertEqualWays(format, body, placesOf(cuts, body.length))) taken++;
        },
      ),
      runs(60),
    );
    assert.ok(taken > 50);
  });

  it('and others beside them are taken or refused with the same words', async () => {
    let taken = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        anyFormat,
        anyCitizens,
        anyChanges,
        fc.nat(),
        anyCuts,
        anyShare,
        async (format, citizens, changes, seed, cuts, share) => {
          const random = createRandom(seed);
          if (citizens.length > 0) for (const name of changes) CHANGES[name]?.(citizens, random);
          const body = withEscapes(bodyOf(format, citizens), share, random);
          if (await assertEqualWays(format, body, placesOf(cuts, body.length))) taken++;
          else refused++;
        },
      ),
      runs(300, 20_000),
    );
    assert.ok(taken > 20 && refused > 20, `${taken} taken, ${refused} refused`);
  });

  it('of damaged bytes are judged the same', async () => {
    const anyDamage = fc.array(
      fc.record({
        share: fc.double({ min: 0, max: 0.9999, noNaN: true }),
        bytes: fc.uint8Array({ minLength: 0, maxLength: 4 }),
        drops: fc.nat(3),
      }),
      { minLength: 1, maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(
        anyFormat,
        anyCitizens,
        anyDamage,
        anyCuts,
        anyShare,
        async (format, citizens, damage, cuts, share) => {
          let body = withEscapes(bodyOf(format, citizens), share, createRandom(citizens.length));
          for (const { share, bytes, drops } of damage) {
            const place = Math.floor(share * body.length);
            body = Buffer.concat([body.subarray(0, place), bytes, body.subarray(place + drops)]);
          }
          await assertEqualWays(format, body, placesOf(cuts, body.length));
        },
      ),
      runs(700, 80_000),
    );
  });

  it('of texts with every escape, whole and broken, are judged the same', async () => {
    const [one] = makeCitizens(1, 0).map((citizen) => JSON.stringify({ ...citizen, name: 'NAME' }));
    const letters = [
      '\\u0416',
      '\\u00e9',
      '\\u6F22',
      '\\ud83D\\uDe00',
      '\\"',
      '\\\\',
      '\\/',
      '\\b',
      '\\f',
      '\\n',
      '\\r',
      '\\t',
    ];
    const broken = [
      '\\ud800',
      '\\udc00x',
      '\\ud800\\u0041',
      '\\u12',
      '\\u12g4',
      '\\U0041',
      '\\x',
      '\\',
      '\\u00:0',
      '\\u00@0',
      '\\u00`0',
      '\\u00/0',
    ];
    for (const text of [
      ...letters,
      ...broken,
      ...letters.flatMap((a) => [a.repeat(256), a.repeat(257), `\u0416${a}я`]),
    ]) {
      const body = Buffer.from(`${one?.replace('NAME', text)}\n`);
      await assertEqualWays('ndjson', body, []);
      await assertEqualWays('ndjson', body, [body.length >> 1]);
    }
  });

  it('of many towns, and many of them, are taken the same: what is kept grows', async () => {
    const citizens = makeCitizens(30_000, 20_000, 7).map((one, place) => ({ ...one, town: `Город ${place % 9_000}` }));
    const body = bodyOf('ndjson', citizens);
    assert.ok(await assertEqualWays('ndjson', body, placesOf([0.1, 0.2, 0.3, 0.5, 0.7], body.length)));
  });

  it('with blank lines, returns and blanks between are taken the same', async () => {
    const [first, second, third] = makeCitizens(3, 0).map((one) => JSON.stringify(one));
    for (const text of [
      `\n \n${first}\r\n\n\t\n  ${second} \n${third}`,
      `${first}\n${second?.replace(',', ',\n')}\n${third}\n`,
      `${first} ${second}\n${third}\n`,
      `${first},\n${second}\n`,
      `\ufeff${first}\n${second}\u00a0\n${third}\n`,
      `${first}\n\u0000\n${second}\n`,
    ]) {
      await assertEqualWays('ndjson', Buffer.from(text), []);
      await assertEqualWays('json', Buffer.from(`{"citizens":[${text}]}`), []);
      await assertEqualWays('json', Buffer.from(` {"citizens" : [ ${first} , ${second}\n,${third} ] } `), []);
    }
  });
});
