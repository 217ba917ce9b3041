import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createImportScanner } from '../../../../app/census/imports/reading/json_scanner.js';
import { MalformedJson } from '../../../../app/http/json/json_scan.js';
import { IS_NIGHTLY } from '../../../support/nightly.js';

const numRuns = IS_NIGHTLY ? 20_000 : 1_000;

type Scan = { citizens: unknown[]; faults: string[]; complexAt: number[] };

/** The scanner's results, each citizen parsed; undefined if the text is not JSON. `cuts`: where to split it. */
function scan(text: string, cuts: readonly number[] = []): Scan | undefined {
  const found: Scan = { citizens: [], faults: [], complexAt: [] };
  let bytes = Buffer.alloc(0);
  const scanner = createImportScanner({
    window(window, offset) {
      bytes = window as Buffer<ArrayBuffer>;
      assert.ok(Buffer.from(text).subarray(offset).indexOf(window) === 0, 'a window begins at its offset');
    },
    quick: () => -1,
    citizen(start, { end, isTooComplex }) {
      if (isTooComplex) found.complexAt.push(found.citizens.length);
      found.citizens.push(isTooComplex ? undefined : JSON.parse(bytes.toString('utf8', start, end)));
    },
    fault: (kind, key) => found.faults.push(key === undefined ? kind : `${kind} ${key}`),
    tooLong: () => assert.fail('nothing is too long'),
  });
  const whole = Buffer.from(text);
  try {
    let at = 0;
    for (const cut of cuts) {
      scanner.push(whole.subarray(at, cut), false);
      at = cut;
    }
    scanner.push(whole.subarray(at), true);
  } catch (reason) {
    assert.ok(reason instanceof MalformedJson, String(reason));
    return undefined;
  }
  return found;
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

describe('the scanner of imports', () => {
  it('finds the citizens that JSON.parse finds, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 4 })), fc.constantFrom(undefined, 1, '\t'), (citizens, space) => {
        const text = JSON.stringify({ citizens }, null, space);
        assert.deepEqual(scan(text), { citizens: JSON.parse(text).citizens, faults: [], complexAt: [] });
      }),
      { numRuns },
    );
  });

  it('takes for JSON only what JSON.parse takes, when a text is cut or changed', () => {
    const texts = fc.record({
      citizens: fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 5 }),
      at: fc.nat(),
      length: fc.nat({ max: 3 }),
      put: fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '0', ' ', 'null'),
    });
    fc.assert(
      fc.property(texts, ({ citizens, at, length, put }) => {
        const text = JSON.stringify({ citizens });
        const place = at % (text.length + 1);
        const changed = text.slice(0, place) + put + text.slice(place + length);
        const expected = parsed(changed);
        const found = scan(changed);
        assert.equal(found !== undefined, expected !== undefined, changed);
        if (found === undefined || found.faults.length > 0) return;
        assert.deepEqual(found.citizens, (expected as { value: { citizens: unknown[] } }).value.citizens);
      }),
      { numRuns },
    );
  });

  it('finds the same wherever the bytes are cut', () => {
    const texts = fc.record({
      value: fc.oneof(
        fc.array(fc.jsonValue({ maxDepth: 3 })).map((citizens): unknown => ({ citizens })),
        fc.jsonValue({ maxDepth: 3 }),
        fc.record({ a: fc.jsonValue(), citizens: fc.jsonValue(), ж: fc.jsonValue() }, { requiredKeys: [] }),
      ),
      space: fc.constantFrom(undefined, 1),
      head: fc.constantFrom('', '\uFEFF', ' '),
      damage: fc.option(fc.tuple(fc.nat(), fc.constantFrom('', '"', '}', ']', ',', ' ')), { freq: 2 }),
      cuts: fc.array(fc.nat(), { maxLength: 6 }),
    });
    fc.assert(
      fc.property(texts, ({ value, space, head, damage, cuts }) => {
        let text = head + JSON.stringify(value, null, space);
        if (damage !== null) {
          const place = damage[0] % text.length;
          text = text.slice(0, place) + damage[1] + text.slice(place + 1);
        }
        const { length } = Buffer.from(text);
        const places = cuts.map((cut) => cut % (length + 1)).sort((a, b) => a - b);
        assert.deepEqual(scan(text, places), scan(text), text);
      }),
      { numRuns },
    );
  });

  const cases: [why: string, text: string, faults: string[]][] = [
    ['the citizens are missing', '{}', ['missing citizens']],
    ['the body is an array', '[1]', ['notAnObject']],
    ['the body is a word', 'null', ['notAnObject']],
    ['the citizens are no array', '{"citizens": {"a": [1]}}', ['notAnArray citizens']],
    ['another key stands before them', '{"a": "}", "citizens": []}', ['unknownKey a']],
    ['another key stands behind them', '{"citizens": [], "__proto__": [[]]}', ['unknownKey __proto__']],
    ['the key is written with an escape', '{"citi\\u007aens": []}', []],
    ['the key is there twice', '{"citizens": [], "citizens": [1]}', ['repeatedKey citizens']],
    ['a byte order mark stands in front', '\uFEFF{"citizens": []}', []],
  ];
  for (const [why, text, faults] of cases) {
    it(`tells what is wrong around the citizens: ${why}`, () => assert.deepEqual(scan(text)?.faults, faults));
  }

  it('does not hand out for parsing what is nested deeper or holds more than any citizen', () => {
    const deep = `${'['.repeat(50)}${']'.repeat(50)}`;
    const many = `[${'{},'.repeat(200)}1]`;
    const keys = `{${'"a":1,'.repeat(200)}"a":1}`;
    assert.deepEqual(scan(`{"citizens": [{}, ${deep}, ${many}, ${keys}, {}]}`)?.complexAt, [1, 2, 3]);
  });
});
