import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { parseJson } from '../../../../app/http/json/json_parse.js';
import { jsonFaultText, MalformedJson } from '../../../../app/http/json/json_scan.js';
import { parseBody } from '../../../support/census/parse.js';
import { type JsonFault, jsonFault } from '../../../support/json_grammar.js';
import { runs } from '../../../support/random.js';

/** The expected message: it names an open string, or else the container that `choose` selects (0: the outermost). */
function wordsOf(fault: JsonFault, offset = 0, choose = 0): string {
  if ('fault' in fault) return `the fault is at byte ${offset + fault.fault}`;
  const { opened } = fault;
  const last = opened.at(-1);
  const { kind, start } = (last?.kind === 'string' ? last : opened[Math.min(choose, opened.length - 1)]) ?? {
    kind: 'value',
    start: 0,
  };
  return `it ends before the ${kind} that begins at byte ${offset + start} does`;
}

type Damage = { at: number; length: number; put: string };

function damaged(text: string, { at, length, put }: Damage): Buffer {
  const bytes = Buffer.from(text);
  const place = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, place), Buffer.from(put), bytes.subarray(place + length)]);
}

const anyDamage: fc.Arbitrary<Damage> = fc.record({
  at: fc.nat(),
  length: fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 2 }) }, { weight: 1, arbitrary: fc.constant(1e9) }),
  put: fc.constantFrom(
    ...['', '', '"', '\\', '{', '}', '[', ']', ',', ',,', ':', '0', '00', '-', '.', 'e', 'e+', ' ', 'null', 'tru', 'x'],
    ...['\n', '\\u', '\\u12', '\\x', "'", '\u0000', '//', 'NaN'],
  ),
});

const anyCitizens = fc.record({
  count: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(1000),
  odd: fc.option(fc.jsonValue({ maxDepth: 4 }), { freq: 3 }),
});

function citizensOf({ count, seed, odd }: { count: number; seed: number; odd: unknown }): unknown[] {
  return odd === null ? makeCitizens(count, 1, seed) : [...makeCitizens(count, 1, seed), odd];
}

describe('the place where JSON breaks', () => {
  it('is that of a plain reader of the grammar, in any value; what has none is read as JSON.parse reads it', () => {
    const anyText = fc
      .tuple(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 1, '\t'))
      .map(([value, space]) => JSON.stringify(value, null, space));
    fc.assert(
      fc.property(anyText, fc.option(anyDamage), (text, damage) => {
        const bytes = damage === null ? Buffer.from(text) : damaged(text, damage);
        fc.pre(isUtf8(bytes) && /[^ \t\r\n]/.test(bytes.toString()));
        const fault = jsonFault(bytes);
        try {
          const value = parseJson(bytes);
          assert.equal(fault, undefined);
          // JSON.parse would change some numbers; json_numbers.test.ts covers those.
          if (!/\d[.eE]|\d{16}/.test(bytes.toString())) assert.deepEqual(value, JSON.parse(bytes.toString()));
        } catch (reason) {
          if (!(reason instanceof MalformedJson)) throw reason;
          assert.throws(() => JSON.parse(bytes.toString()), SyntaxError);
          assert.equal(jsonFaultText(reason), wordsOf(fault as JsonFault), bytes.toString());
        }
      }),
      runs(2_000),
    );
  });

  it('is named in an import as JSON, read quickly or slowly, and wherever its bytes are cut', async () => {
    let broken = 0;
    const space = fc.constantFrom(undefined, 1);
    await fc.assert(
      fc.asyncProperty(anyCitizens, space, anyDamage, fc.array(fc.nat()), async (some, space, damage, cuts) => {
        const bytes = damaged(JSON.stringify({ citizens: citizensOf(some) }, null, space), damage);
        fc.pre(isUtf8(bytes) && bytes.toString().trim() !== '');
        const fault = jsonFault(bytes);
        // A body that ends within a citizen names the citizen; one that ends elsewhere names the enclosing container.
        const isList = /^\s*\{\s*"citizens"\s*:\s*\[/.test(bytes.toString());
        const expected = fault && `The body is not JSON: ${wordsOf(fault, 0, isList ? 2 : 1)}.`;
        const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
        for (const settings of [{}, { readsQuickly: false }, { cuts: places }]) {
          const outcome = await parseBody(bytes, settings);
          const detail = 'code' in outcome && outcome.code === 'MALFORMED_JSON' ? outcome.detail : undefined;
          assert.equal(detail, expected, bytes.toString());
        }
        if (fault !== undefined) broken++;
      }),
      runs(500),
    );
    assert.ok(broken > 200);
  });

  it('is named with its line in an import as NDJSON, and wherever its bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(anyCitizens, anyDamage, fc.array(fc.nat()), async (some, damage, cuts) => {
        const lines = citizensOf(some).map((one) => JSON.stringify(one));
        const bytes = damaged(lines.join('\n'), damage);
        fc.pre(isUtf8(bytes) && bytes.toString().trim() !== '');
        const expected: { line: number; detail: string }[] = [];
        let offset = 0;
        bytes
          .toString('latin1')
          .split('\n')
          .forEach((text, place) => {
            const fault = jsonFault(Buffer.from(text, 'latin1'));
            if (fault !== undefined && text.trim() !== '')
              expected.push({ line: place + 1, detail: `must be JSON: ${wordsOf(fault, offset)}` });
            offset += text.length + 1;
          });
        const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
        for (const settings of [{}, { readsQuickly: false }, { cuts: places }]) {
          const outcome = await parseBody(bytes, { format: 'ndjson', ...settings });
          const told = 'code' in outcome ? outcome.violations.filter(({ code }) => code === 'NOT_JSON') : [];
          assert.deepEqual(
            told.map(({ line, detail }) => ({ line, detail })),
            expected,
          );
        }
      }),
      runs(400),
    );
  });

  const cases: [text: string, words: string, reason: string][] = [
    ['{"citizens":[{"citizen_id":1,"apartment":7x}]}', 'the fault is at byte 42', 'a letter behind a number'],
    ['{"citizens":[{"citizen_id":1,"town":"a,"street":"b"}]}', 'the fault is at byte 40', 'a quote that is missing'],
    ['{"citizens":[{"citizen_id":1,}]}', 'the fault is at byte 29', 'a comma behind the last field'],
    ['{"citizens":[{"citizen_id":1},]}', 'the fault is at byte 30', 'a comma behind the last citizen'],
    ['{"citizens":[],}', 'the fault is at byte 15', 'a comma behind the last key'],
    ['{"citizens":[{"town":"a', 'it ends before the string that begins at byte 21 does', 'a string without an end'],
    ['{"citizens":[{"town":"a"', 'it ends before the object that begins at byte 13 does', 'a citizen without an end'],
    ['{"citizens":[{}', 'it ends before the array that begins at byte 12 does', 'a list without an end'],
    ['{"citizens":[]', 'it ends before the object that begins at byte 0 does', 'a body without an end'],
    ['{"citi', 'it ends before the string that begins at byte 1 does', 'a key without an end'],
    ['{"x":{"y":[', 'it ends before the object that begins at byte 5 does', 'another value without an end'],
    ['\ufeff{"citizens":]}', 'the fault is at byte 15', 'a byte order mark counts'],
  ];
  for (const [text, words, reason] of cases) {
    it(`is told as "${words}" of ${text}: ${reason}`, async () => {
      const outcome = await parseBody(Buffer.from(text));
      assert.equal('code' in outcome && outcome.detail, `The body is not JSON: ${words}.`);
    });
  }

  it('is found at once in a long body, not where it ends: a quote missing turns strings inside out', async () => {
    const text = JSON.stringify({ citizens: makeCitizens(5_000, 0) });
    const quote = text.indexOf('"', 300_000);
    const bytes = Buffer.from(text.slice(0, quote) + text.slice(quote + 1));
    const fault = jsonFault(bytes);
    assert.ok(fault !== undefined && 'fault' in fault && fault.fault < Buffer.byteLength(text.slice(0, quote)) + 100);
    const cuts = Array.from({ length: Math.floor(bytes.length / 65_536) }, (_, place) => (place + 1) * 65_536);
    const outcome = await parseBody(bytes, { cuts });
    assert.equal('code' in outcome && outcome.detail, `The body is not JSON: the fault is at byte ${fault.fault}.`);
  });
});
