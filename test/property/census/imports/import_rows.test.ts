import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decode as libraryDecode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { formatBirthDate } from '../../../../app/calendar.js';
import type { CitizenTuple } from '../../../../app/census/citizens/procedures.js';
import { toCitizen } from '../../../../app/census/citizens/rows.js';
import type { Citizen } from '../../../../app/census/citizens/schema.js';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { MAX_VIOLATIONS } from '../../../../app/errors.js';
import { parseBody } from '../../../support/census/parse.js';
import { packRows } from '../../../support/census/rows.js';
import { anyId, anyText, runs } from '../../../support/random.js';

/** What Tarantool will find in the chunks, decoded by another library. */
function unpack(chunks: readonly Uint8Array[]): CitizenTuple[] {
  return chunks.flatMap((chunk) => libraryDecode(chunk) as CitizenTuple[]);
}

const anyName = anyText.map((text) => [...text].slice(0, 256).join('') || ' ');
const anyPlace = anyText.map((text) => `${[...text].slice(0, 255).join('')}я`);
const anyBirthDate = fc
  .tuple(fc.integer({ min: 1, max: 2025 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map(([year, month, day]) => formatBirthDate(year * 10_000 + month * 100 + day));

const anyCitizen: fc.Arbitrary<Citizen> = fc.record(
  {
    citizen_id: anyId,
    town: anyPlace,
    street: anyPlace,
    building: anyPlace,
    apartment: anyId,
    name: anyName,
    birth_date: anyBirthDate,
    gender: fc.constantFrom('male', 'female'),
    relatives: fc.array(anyId, { maxLength: 20 }),
  },
  { noNullPrototype: true },
);

/** Valid imports: unique ids, and relatives in a ring. */
const anyImport = fc
  .uniqueArray(anyCitizen, { maxLength: 12, selector: ({ citizen_id: id }) => id })
  .map((citizens) => {
    const idAt = (place: number) => (citizens.at(place % citizens.length) as Citizen).citizen_id;
    const isRing = citizens.length > 2;
    return citizens.map((citizen, place) => ({
      ...citizen,
      relatives: isRing ? [idAt(place + 1), idAt(place - 1 + citizens.length)] : [],
    }));
  });

describe('the rows of an import', () => {
  it('hold every citizen as it was', () => {
    fc.assert(
      fc.property(fc.array(anyCitizen, { maxLength: 30 }), (citizens) => {
        assert.deepEqual(unpack(packRows(citizens)).map(toCitizen), citizens);
      }),
      runs(200),
    );
  });

  const counts: [count: number, chunks: number, reason: string][] = [
    [0, 1, 'an empty import is a chunk too'],
    [1, 1, 'a single citizen'],
    [1000, 1, 'a full chunk'],
    [1001, 2, 'one too many for it'],
    [4000, 2, 'a full one of the later ones, which are larger'],
    [4001, 3, 'several'],
  ];
  for (const [count, chunks, reason] of counts) {
    it(`of ${count} citizens are ${chunks} in number of chunks: ${reason}`, () => {
      const citizens = makeCitizens(count, count === 0 ? 0 : 100);
      const packed = packRows(citizens);
      assert.equal(packed.length, chunks);
      assert.deepEqual(unpack(packed).map(toCitizen), citizens);
      // Each chunk is transferred to another thread separately, with its whole buffer.
      for (const chunk of packed) assert.equal(chunk.byteOffset, 0);
      assert.equal(new Set(packed.map(({ buffer }) => buffer)).size, chunks);
    });
  }

  it('of long texts are cut by bytes: a chunk never holds the database for long', () => {
    const long = '😀'.repeat(256);
    const citizens = makeCitizens(600, 0).map((citizen) => ({ ...citizen, town: long, street: long, name: long }));
    const packed = packRows(citizens);
    assert.ok(packed.length > 1);
    for (const chunk of packed) assert.ok(chunk.byteLength < 520 * 1024);
    assert.deepEqual(unpack(packed).map(toCitizen), citizens);
  });

  it('leave the place of the import id to the procedure that knows it', () => {
    assert.deepEqual(
      unpack(packRows(makeCitizens(3, 0))).map(([importId]) => importId),
      [0, 0, 0],
    );
  });
});

/** A valid import as JSON with one change: a value replaced, a key removed or added, or bytes lost. */
const anyMutation: fc.Arbitrary<(citizens: unknown) => unknown> = fc
  .record({ path: fc.array(fc.nat(8), { minLength: 1, maxLength: 4 }), value: fc.jsonValue(), isRemoval: fc.boolean() })
  .map(({ path, value, isRemoval }) => (root) => {
    let place = root as Record<string, unknown>;
    for (const step of path.slice(0, -1)) {
      const keys = Object.keys(place);
      const next = place[keys[step % (keys.length || 1)] ?? ''];
      if (typeof next !== 'object' || next === null) break;
      place = next as Record<string, unknown>;
    }
    const keys = Object.keys(place);
    const key = keys[(path.at(-1) ?? 0) % (keys.length || 1)] ?? 'new';
    if (isRemoval && !Array.isArray(place)) delete place[key];
    else place[key] = value;
    return root;
  });

async function judge(bytes: Uint8Array): Promise<'taken' | 'refused'> {
  const outcome = await parseBody(bytes);
  if ('chunks' in outcome) {
    assert.equal(unpack(outcome.chunks).length, outcome.citizenCount);
    return 'taken';
  }
  const { code, detail, violations, violationCount } = outcome;
  assert.notEqual(code, 'INTERNAL');
  assert.notEqual(detail, '');
  assert.equal(violations.length, Math.min(violationCount, MAX_VIOLATIONS));
  if (code === 'INVALID_INPUT') assert.ok(violationCount > 0);
  for (const violation of violations) {
    assert.match(violation.code, /^[A-Z][A-Z_]+$/);
    assert.match(violation.pointer, /^(\/([^/~]|~[01])*)*$/u);
    assert.notEqual(violation.detail, '');
  }
  return 'refused';
}

describe('an import of chance', () => {
  it('is taken whole when it is valid, and every citizen is there as it was sent', async () => {
    await fc.assert(
      fc.asyncProperty(anyImport, async (citizens) => {
        const outcome = await parseBody(Buffer.from(JSON.stringify({ citizens })));
        assert.ok('chunks' in outcome, JSON.stringify(outcome));
        assert.deepEqual(unpack(outcome.chunks).map(toCitizen), citizens);
      }),
      runs(200),
    );
  });

  it('is answered, never more, whatever was changed in a valid one', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyImport,
        fc.array(anyMutation, { minLength: 1, maxLength: 3 }),
        async (citizens, mutations) => {
          const changed = mutations.reduce<unknown>((value, mutate) => mutate(value), structuredClone({ citizens }));
          await judge(Buffer.from(JSON.stringify(changed)));
        },
      ),
      runs(500),
    );
  });

  it('is answered when it is any JSON at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (text) => {
        assert.equal(await judge(Buffer.from(text)), 'refused');
        await judge(Buffer.from(`{"citizens":${text}}`));
        assert.equal(await judge(Buffer.from(`{"citizens":[${text}]}`)), 'refused');
      }),
      runs(500),
    );
  });

  it('is answered when its bytes were damaged on the way', async () => {
    const damage = fc.record({
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      byte: fc.nat(255),
      cut: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(anyImport, damage, async (citizens, { share, byte, cut }) => {
        const bytes = Buffer.from(JSON.stringify({ citizens }));
        const place = Math.floor(share * (bytes.length - 1));
        bytes[place] = byte;
        await judge(cut ? bytes.subarray(0, place) : bytes);
      }),
      runs(500),
    );
  });

  it('is answered when it is no text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        assert.equal(await judge(bytes), 'refused');
      }),
      runs(300),
    );
  });

  it('is answered however deep its JSON goes', async () => {
    const depth = 200_000;
    for (const text of [
      `${'['.repeat(depth)}${']'.repeat(depth)}`,
      `${'{"citizens":'.repeat(depth)}1${'}'.repeat(depth)}`,
    ]) {
      assert.equal(await judge(Buffer.from(text)), 'refused');
      assert.equal(await judge(Buffer.from(`{"citizens":[{"relatives":[${text}]}]}`)), 'refused');
    }
  });
});
