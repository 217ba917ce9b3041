import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { makeCitizens } from '../../app/demo/citizens.js';
import { parseImport } from '../../app/imports/parse.js';

const numRuns = process.env['SVODKA_TEST_NIGHTLY'] === '1' ? 50_000 : 3_000;
const TODAY = 20261122;

/** Texts of JSON values that stand where a citizen's field should: right ones, nearly right ones, wrong ones. */
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
  it('makes of any import exactly what JSON.parse, Ajv and the packer make of it', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.array(citizenText, { maxLength: 3 }), blank, (citizens, space) => {
        const bytes = Buffer.from(`{${space}"citizens"${space}:[${space}${citizens.join(`${space},`)}${space}]}`);
        const quick = parseImport(bytes, TODAY);
        assert.deepEqual(quick, parseImport(bytes, TODAY, false), bytes.toString());
        if ('chunks' in quick && citizens.length > 0) taken++;
      }),
      { numRuns },
    );
    // Otherwise the generator would compare refusals only.
    assert.ok(taken > numRuns / 20, `only ${taken} of ${numRuns} imports were valid`);
  });

  it('makes the same of any cut of an import', () => {
    const text = JSON.stringify({ citizens: makeCitizens(3, 1) });
    const bytes = Buffer.from(text);
    for (let end = 0; end <= bytes.length; end++) {
      const part = bytes.subarray(0, end);
      assert.deepEqual(parseImport(part, TODAY), parseImport(part, TODAY, false));
    }
  });

  it('makes the same of large imports, chunk for chunk', () => {
    const bytes = Buffer.from(JSON.stringify({ citizens: makeCitizens(12_345, 3_000) }));
    assert.deepEqual(parseImport(bytes, TODAY), parseImport(bytes, TODAY, false));
  });
});
