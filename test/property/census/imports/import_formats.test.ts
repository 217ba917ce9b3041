import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { anyBody, type BodyRecipe, bodyOf } from '../../../support/census/import_bodies.js';
import { parseBody } from '../../../support/census/parse.js';
import { runs } from '../../../support/random.js';

/** Positions in a body, as fractions: few of them, or many in succession. */
const anyCuts = fc.oneof(
  fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
  fc
    .double({ min: 0, max: 1, noNaN: true })
    .map((start) => Array.from({ length: 8 }, (_, place) => start + place / 1e4)),
);

function placesOf(cuts: readonly number[], bytes: Uint8Array): number[] {
  return cuts.map((cut) => Math.min(bytes.length, Math.floor(cut * bytes.length))).sort((a, b) => a - b);
}

/** Compares rows byte for byte, and refusals completely. */
function outcomeIn(outcome: Awaited<ReturnType<typeof parseBody>>): unknown {
  if ('chunks' in outcome) return { ...outcome, chunks: Buffer.concat(outcome.chunks).toString('hex') };
  return { ...outcome, report: outcome.report && Buffer.concat(outcome.report).toString() };
}

describe('the reading of an import', () => {
  it('comes to the same wherever the bytes are cut, in every format, by all that is said of it', async () => {
    await fc.assert(
      fc.asyncProperty(anyBody, anyCuts, fc.boolean(), async (recipe, cuts, reportsAll) => {
        const bytes = bodyOf(recipe);
        const options = { format: recipe.format, reportsAll };
        const whole = await parseBody(bytes, options);
        const inParts = await parseBody(bytes, { ...options, cuts: placesOf(cuts, bytes) });
        // If the JSON before invalid UTF-8 is wrong, which of the two is reported depends on the pieces.
        if (isUtf8(bytes)) assert.deepEqual(outcomeIn(inParts), outcomeIn(whole));
        else assert.ok('code' in inParts && 'code' in whole);
      }),
      runs(300),
    );
  });

  it('finds a body of a byte order mark and blanks empty, and a mark behind blanks no JSON, wherever they are cut', async () => {
    const cases = [
      ['\ufeff \n ', 'EMPTY_BODY'],
      [' \n ', 'EMPTY_BODY'],
      [' \ufeff', 'MALFORMED_JSON'],
      ['\ufeff\ufeff', 'MALFORMED_JSON'],
    ] as const;
    for (const [text, code] of cases) {
      const bytes = Buffer.from(text);
      for (let cut = 0; cut <= bytes.length; cut++) {
        const outcome = await parseBody(bytes, { cuts: [cut] });
        assert.equal('code' in outcome && outcome.code, code, `${JSON.stringify(text)} cut at ${cut}`);
      }
    }
  });

  it('comes to the same rows, whichever format the same citizens are written in', async () => {
    const anyLook = fc.record({ mark: fc.boolean(), lineEnd: fc.constantFrom<'\n' | '\r\n'>('\n', '\r\n') });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1200 }), fc.nat(), anyLook, async (count, seed, look) => {
        const recipe: Omit<BodyRecipe, 'format'> = { ...look, count, seed, oddities: [], changes: [] };
        const [json, ndjson, csv] = await Promise.all(
          (['json', 'ndjson', 'csv'] as const).map(async (format) => {
            const outcome = await parseBody(bodyOf({ ...recipe, format }), { format });
            assert.ok('chunks' in outcome, JSON.stringify(outcome));
            assert.equal(outcome.citizenCount, count);
            return outcome.chunks.map((chunk) => Buffer.from(chunk).toString('hex'));
          }),
        );
        assert.deepEqual(ndjson, json);
        assert.deepEqual(csv, json);
      }),
      runs(30),
    );
  });

  it('joins a record that is longer than the pieces it comes in, and goes on behind it', async () => {
    const [first, second] = makeCitizens(2, 0);
    const others = makeCitizens(30_000, 0).slice(2);
    const ids = others.map(({ citizen_id }) => citizen_id);
    const hub = { ...first, relatives: ids };
    const citizens = [second, hub, ...others.map((one) => ({ ...one, relatives: [1] }))];
    const bytes = Buffer.from(citizens.map((one) => JSON.stringify(one)).join('\n'));
    const windowBytes = 16 * 1024;
    const cuts = Array.from(
      { length: Math.floor(bytes.length / windowBytes) },
      (_, place) => (place + 1) * windowBytes,
    );
    assert.ok(JSON.stringify(hub).length > 5 * windowBytes);
    const whole = await parseBody(bytes, { format: 'ndjson' });
    assert.ok('chunks' in whole, JSON.stringify(whole));
    assert.deepEqual(outcomeIn(await parseBody(bytes, { format: 'ndjson', cuts })), outcomeIn(whole));
    const json = Buffer.from(JSON.stringify({ citizens }));
    const inJson = await parseBody(json, { cuts: cuts.filter((cut) => cut < json.length) });
    assert.ok('chunks' in inJson);
    assert.deepEqual(inJson.chunks, whole.chunks);
  });
});
