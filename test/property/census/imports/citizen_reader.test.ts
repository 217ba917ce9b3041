import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { createCitizenReader } from '../../../../app/census/imports/reading/citizen_reader.js';
import { createWriter } from '../../../../app/db/wire/msgpack.js';
import { parseBody } from '../../../support/census/parse.js';
import { IS_NIGHTLY } from '../../../support/nightly.js';

const numRuns = IS_NIGHTLY ? 50_000 : 3_000;
const TODAY = 20261122;

/** JSON values in the place of a citizen's field: valid, nearly valid and wrong ones. */
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.stringify(value)),
  fc.constantFrom('1.0', '1e2', '-0', '-1', '01', '0', '9007199254740991', '9007199254740992', '999999999999999'),
  fc.constantFrom('"\\u0416"', '"_"', '"½"', '"Ⅷ"', '"漢"', '"é"', '"!"', '"\\ud800"', '"\u0000"', '"\\u0000"', '"҂"'),
  fc.constantFrom('"21.11.2026"', '"22.11.2026"', '"29.02.2000"', '"29.02.1900"', '"01.01.0001"', '"01.01.0000"'),
  fc.constantFrom(
    '"1.1.2000"',
    '"00.01.2000"',
    '"31.04.2000"',
    '"01-01-2000"',
    '"٠١.٠١.٢٠٠٠"',
    '"male"',
    '"Male"',
    '"femal"',
  ),
  fc.constantFrom('[]', '[1]', '[ 1 , 2 ]', '[1,]', '[,1]', '[01]', '[1.0]', '[null]', '[9007199254740991]', '[-1]'),
  fc.integer({ min: 250, max: 260 }).map((length) => JSON.stringify('я'.repeat(length))),
  fc.integer({ min: 126, max: 130 }).map((pairs) => JSON.stringify('😀'.repeat(pairs * 2))),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
);
/** A code point in any JSON notation: literal, short escape, or one or two \\uXXXX in either case. */
const writtenCodePoint = fc
  .tuple(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom('a', 'Z', '7', 'ж', 'Ѿ', 'ѿ', '҂', '_', '"', '\\', '/', '\n', '\u0000', '\u007f'),
      },
      { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
      {
        weight: 2,
        arbitrary: fc.constantFrom('\u0080', '\u07ff', '\u0800', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}'),
      },
    ),
    fc.constantFrom('plain', 'lower', 'upper'),
  )
  .map(([text, way]) => {
    if (way === 'plain') return JSON.stringify(text).slice(1, -1);
    const units = Array.from(text.split(''), (unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
    return units.map((hex) => `\\u${way === 'upper' ? hex.toUpperCase() : hex}`).join('');
  });
const brokenEscape = fc.constantFrom(
  ...[
    '\\ud800',
    '\\udc00',
    '\\ud83dx',
    '\\ud83d\\n',
    '\\ud83d\\u0041',
    '\\ud83d\\ud83d',
    '\\udfff\\ud800',
    '\\ud83d\\ue000',
  ],
  ...['\\x', '\\u12', '\\u12g4', '\\U0041', '\\u 041', '\\', "\\'", '\\0', '\\u', '\n', '\u0000', '\t'],
);
/** Texts of escapes: short ones, ones near the maximum length, and broken ones. */
const escapedText = fc
  .oneof(
    { weight: 6, arbitrary: fc.array(writtenCodePoint, { maxLength: 6 }) },
    {
      weight: 2,
      arbitrary: fc.tuple(writtenCodePoint, fc.integer({ min: 254, max: 258 })).map(([one, n]) => Array(n).fill(one)),
    },
    {
      weight: 2,
      arbitrary: fc.array(fc.oneof({ weight: 4, arbitrary: writtenCodePoint }, brokenEscape), { maxLength: 6 }),
    },
  )
  .map((parts) => `"${parts.join('')}"`);
/** Valid dates and genders with some characters escaped. */
const escapedWord = fc
  .tuple(
    fc.constantFrom('male', 'female', 'femal', '21.11.2026', '22.11.2026', '29.02.2000', '30.02.2000'),
    fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }),
  )
  .map(([word, isEscaped]) => {
    const escapeOf = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
    return `"${[...word].map((char, i) => (isEscaped[i] ? escapeOf(char) : char)).join('')}"`;
  });
const blank = fc.constantFrom('', '', '', ' ', '\n\t');

/** A citizen's text: a valid one with its fields in any order, some changed, left out, repeated or added. */
const citizenText = fc
  .record({
    seed: fc.integer({ min: 1, max: 1000 }),
    id: fc.integer({ min: 1, max: 50 }),
    relatives: fc.oneof(
      { weight: 6, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 2 }) },
    ),
    isShuffled: fc.boolean(),
    order: fc.array(fc.nat(), { minLength: 9, maxLength: 9 }),
    changes: fc.array(fc.tuple(fc.nat({ max: 8 }), fc.option(odd, { nil: undefined, freq: 9 })), { maxLength: 1 }),
    added: fc.option(fc.tuple(fc.constantFrom('town', 'extra', 'citizen_id', '__proto__', 'na\\u006de'), odd), {
      freq: 5,
    }),
    blank,
  })
  .map(({ seed, id, relatives, isShuffled, order, changes, added, blank }) => {
    const fields = Object.entries({ ...makeCitizens(1, 0, seed)[0], citizen_id: id, relatives });
    const texts: (readonly [string, string | undefined])[] = fields.map(([key, value]) => [key, JSON.stringify(value)]);
    for (const [place, text] of changes) texts[place] = [texts[place]?.[0] as string, text];
    if (added !== null) texts.push(added);
    const ordered = isShuffled ? texts.map((text, i) => ({ text, by: order[i] ?? 0 })).sort((a, b) => a.by - b.by) : [];
    const members = (isShuffled ? ordered.map(({ text }) => text) : texts)
      .filter(([, text]) => text !== undefined)
      .map(([key, text]) => `${blank}"${key}"${blank}:${blank}${text}${blank}`);
    return `{${members.join(',')}}`;
  });

describe('the quick reader of citizens', () => {
  it('makes of any import exactly what JSON.parse, Ajv and the packer make of it', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(citizenText, { maxLength: 3 }), blank, async (citizens, space) => {
        const bytes = Buffer.from(`{${space}"citizens"${space}:[${space}${citizens.join(`${space},`)}${space}]}`);
        const quick = await parseBody(bytes);
        assert.deepEqual(quick, await parseBody(bytes, { readsQuickly: false }), bytes.toString());
        if ('chunks' in quick && citizens.length > 0) taken++;
      }),
      { numRuns },
    );
    // Otherwise the generator would mostly produce refusals.
    assert.ok(taken > numRuns / 20, `only ${taken} of ${numRuns} imports were valid`);
  });

  it('makes of texts with escapes what JSON.parse makes of them, whatever is broken in them', async () => {
    const rarely = (text: fc.Arbitrary<string>) =>
      fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: text });
    const places = fc.record({
      town: rarely(escapedText),
      street: rarely(escapedText),
      name: escapedText,
      birth_date: rarely(escapedWord),
      gender: rarely(escapedWord),
    });
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(places, { minLength: 1, maxLength: 2 }), async (people) => {
        const texts = people.map((changes, place) => {
          const fields = Object.entries({ ...makeCitizens(1, 0, place + 1)[0], citizen_id: place });
          const members = fields.map(([key, value]) => {
            const changed = (changes as Record<string, string | null>)[key];
            return `"${key}":${changed ?? JSON.stringify(value)}`;
          });
          return `{${members.join()}}`;
        });
        const bytes = Buffer.from(`{"citizens":[${texts}]}`);
        const quick = await parseBody(bytes);
        assert.deepEqual(quick, await parseBody(bytes, { readsQuickly: false }), bytes.toString());
        if ('chunks' in quick) taken++;
      }),
      { numRuns },
    );
    assert.ok(taken > numRuns / 20, `only ${taken} of ${numRuns} imports were valid`);
  });

  it('makes the same of any cut of an import', async () => {
    const text = JSON.stringify({ citizens: makeCitizens(3, 1) });
    const bytes = Buffer.from(text);
    for (let end = 0; end <= bytes.length; end++) {
      const part = bytes.subarray(0, end);
      assert.deepEqual(await parseBody(part), await parseBody(part, { readsQuickly: false }));
    }
  });

  it('makes the same of large imports, chunk for chunk', async () => {
    const bytes = Buffer.from(JSON.stringify({ citizens: makeCitizens(12_345, 3_000) }));
    assert.deepEqual(await parseBody(bytes), await parseBody(bytes, { readsQuickly: false }));
  });

  const escapes = '\\u0416\\ud83d\\ude00\\n\\"я';
  const citizens: [text: string, reason: string][] = [
    [JSON.stringify(makeCitizens(2, 1, 5)[0]), 'plain'],
    [JSON.stringify({ ...makeCitizens(1, 0, 5)[0], name: '@' }).replace('@', escapes), 'with escapes'],
    [JSON.stringify(makeCitizens(2, 1, 5)[0], null, 2), 'with blanks'],
  ];
  for (const [text, reason] of citizens) {
    it(`takes a whole citizen, ${reason}, with anything around it, and no part of one: cut at any byte it answers -1`, () => {
      const citizen = Buffer.from(text);
      const around = Buffer.concat([Buffer.from('},'), citizen, Buffer.from(',{"citizen_id":')]);
      assert.equal(createCitizenReader(around, TODAY, createWriter()).read(2), 2 + citizen.length);
      // The bytes after the window in memory would complete it.
      for (let end = 2; end < 2 + citizen.length; end++) {
        const writer = createWriter();
        assert.equal(createCitizenReader(around.subarray(0, end), TODAY, writer).read(2), -1, `cut at ${end}`);
        assert.equal(writer.length(), 0);
      }
    });
  }

  it('reads texts with escapes itself: the body of such texts must not cost what JSON.parse and Ajv do', () => {
    const text = JSON.stringify({ ...makeCitizens(1, 0, 5)[0], name: '@', gender: 'male' });
    const citizen = text.replace('@', escapes).replace('male', 'm\\u0061le');
    const writer = createWriter();
    assert.equal(createCitizenReader(Buffer.from(citizen), TODAY, writer).read(0), Buffer.from(citizen).length);
    const row = writer.take();
    for (const decoded of ['Ж😀\n"я', 'male']) assert.ok(row.includes(Buffer.from(decoded)), decoded);
  });
});
