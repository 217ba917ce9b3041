import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeMulti } from '@msgpack/msgpack';
import fc from 'fast-check';
import { parseJson } from '../../../../app/http/json/json_parse.js';
import { RAW_CITIZEN, rawObject } from '../../../support/census/field_cases.js';
import { parseBody } from '../../../support/census/parse.js';
import { runs } from '../../../support/random.js';

/** Its place in a row. */
const APARTMENT = 5;
const MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** The value of a decimal text in integers only: digits * 10^exponent. */
function meaning(text: string): { isWhole: boolean; value: bigint } {
  const [, sign, whole = '', fraction = '', exponentText = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? assert.fail(text);
  const digits = BigInt(`${sign}${whole}${fraction}`);
  const exponent = Number(exponentText) - fraction.length;
  if (exponent >= 0) return { isWhole: true, value: digits * 10n ** BigInt(exponent) };
  const divisor = 10n ** BigInt(-exponent);
  return { isWhole: digits % divisor === 0n, value: digits / divisor };
}

const anyDigits = (maxLength: number) =>
  fc.oneof(
    fc.array(fc.nat(9), { minLength: 1, maxLength }).map((digits) => digits.join('')),
    fc.nat(maxLength).map((length) => '0'.repeat(length + 1)),
    fc.nat(maxLength).map((length) => '9'.repeat(length + 1)),
    fc.constantFrom('9007199254740991', '9007199254740992', '9007199254740993', '4503599627370496', '5', '1'),
  );

/** A number in any JSON notation, often close to an integer. */
const anyNumber = fc
  .record({
    sign: fc.constantFrom('', '', '', '-'),
    whole: anyDigits(18).map((digits) => digits.replace(/^0+(?=.)/, '')),
    fraction: fc.option(anyDigits(22)),
    exponent: fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-'), fc.oneof(fc.nat(25), fc.nat(420)))),
  })
  .map(
    ({ sign, whole, fraction, exponent }) =>
      `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : exponent.join('')}`,
  );

describe('numbers in JSON', () => {
  it('are stored as what they mean to the last digit, or refused, read quickly or slowly', async () => {
    let stored = 0;
    await fc.assert(
      fc.asyncProperty(anyNumber, async (text) => {
        const { isWhole, value } = meaning(text);
        const body = Buffer.from(`{"citizens":[${rawObject({ ...RAW_CITIZEN, apartment: text })}]}`);
        for (const readsQuickly of [true, false]) {
          const outcome = await parseBody(body, { readsQuickly });
          if (isWhole && value >= 0n && value <= MAX) {
            assert.ok('chunks' in outcome, `${text}: ${JSON.stringify(outcome)}`);
            const [rows] = decodeMulti(Buffer.concat(outcome.chunks), { useBigInt64: true });
            const [row] = rows as unknown[][];
            assert.equal(String(row?.[APARTMENT]), String(value), text);
            stored++;
          } else {
            const codes = 'code' in outcome ? outcome.violations.map(({ code }) => code) : [];
            assert.ok(codes.includes(isWhole ? 'OUT_OF_RANGE' : 'WRONG_TYPE'), `${text}: ${codes}`);
            assert.ok(!isWhole || !codes.includes('WRONG_TYPE'), `${text}: ${codes}`);
          }
        }
      }),
      runs(1_000),
    );
    assert.ok(stored > 150, String(stored));
  });

  it('are left as JSON.parse reads them where that is what they mean, whatever is around them', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string())), (values) => {
        const text = JSON.stringify({ values, 'a "1e-400" key': '0.99999999999999999\\"1e400' });
        assert.deepEqual(parseJson(Buffer.from(text)), JSON.parse(text));
      }),
      runs(1_000),
    );
  });

  it('are kept as whole numbers of any length, or become infinite', () => {
    let kept = 0;
    fc.assert(
      fc.property(anyNumber, (text) => {
        const { isWhole, value } = meaning(text);
        fc.pre(isWhole);
        const parsed = parseJson(Buffer.from(`[${text}]`)) as [number];
        // What JSON.stringify makes of it is what scripts and clients get.
        const isKept = Number.isFinite(Number(text)) && meaning(JSON.stringify(Number(text))).value === value;
        assert.equal(Number.isFinite(parsed[0]), isKept, text);
        if (isKept) kept++;
      }),
      runs(2_000),
    );
    assert.ok(kept > 200, String(kept));
  });

  it('become infinite where JSON.parse would change them', () => {
    const text =
      '[1e400,-1e400,2e308,1e-400,-1e-324,0.99999999999999999,9007199254740991.4,0e9999,-0.0e-9999,1.0,5e-324]';
    assert.deepEqual(parseJson(Buffer.from(text)), [
      ...[Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
      ...[0, -0, 1, 5e-324],
    ]);
  });
});
