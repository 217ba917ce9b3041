import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Citizen } from '../../../app/census/citizens/schema.js';
import { ApiModel, type Changes } from '../../support/census/api_model.js';
import { listCitizens, relativesFaults } from '../../support/census/citizens.js';
import { awayFromMidnight, dayFromToday } from '../../support/census/today.js';
import { type Problem, request, sendJson } from '../../support/http/http.js';
import { IS_NIGHTLY } from '../../support/nightly.js';
import { useService } from '../../support/suite.js';

const RUNS = IS_NIGHTLY ? 1000 : 40;
/** Few ids, so that operations interact; on both sides of 10^14, above which Lua uses cdata. */
const IDS = [0, 1, 2, 3, 10 ** 14 - 1, 10 ** 14, 2 ** 53 - 2, 2 ** 53 - 1];
const NOBODY = 77;
const LAST_YEAR = Number(dayFromToday(0).slice(6)) - 1;

/** One invalid shape each, with the expected fault. */
const BAD_FIELDS: [field: string, value: unknown, code: string][] = [
  ['town', ' - ', 'WRONG_FORM'],
  ['street', '', 'TOO_SHORT'],
  ['building', 'б'.repeat(257), 'TOO_LONG'],
  ['apartment', -1, 'OUT_OF_RANGE'],
  ['apartment', 0.5, 'WRONG_TYPE'],
  ['name', 5, 'WRONG_TYPE'],
  ['birth_date', '29.02.1900', 'NO_SUCH_DATE'],
  ['birth_date', '31.12.9999', 'NOT_IN_THE_PAST'],
  ['gender', 'none', 'NOT_ALLOWED'],
  ['shoe_size', 42, 'UNKNOWN_FIELD'],
];

type BadField = (typeof BAD_FIELDS)[number] | undefined;
type Operation =
  | { kind: 'import'; citizens: Citizen[]; bad: BadField }
  | { kind: 'patch'; place: number; citizenId: number; changes: Changes; bad: BadField }
  | { kind: 'unknown import' };

const sometimesBad: fc.Arbitrary<BadField> = fc.oneof(
  { weight: 9, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom(...BAD_FIELDS) },
);
const town = fc.constantFrom('Москва', 'москва', 'Москва ', '__proto__', 'Й', 'И\u0306');
const place = fc.string({ unit: 'binary', maxLength: 10 }).map((text) => `${text}ы`);
const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
const birthDate = fc
  .record({
    day: fc.integer({ min: 1, max: 28 }),
    month: fc.integer({ min: 1, max: 12 }),
    year: fc.integer({ min: 1, max: LAST_YEAR }),
  })
  .map(({ day, month, year }) =>
    [String(day).padStart(2, '0'), String(month).padStart(2, '0'), String(year).padStart(4, '0')].join('.'),
  );
const apartment = fc.oneof(fc.nat(), fc.maxSafeNat());
const gender = fc.constantFrom('male' as const, 'female' as const);
const someIds = fc.array(fc.constantFrom(...IDS), { maxLength: 5 });

const fields = { town, street: place, building: place, apartment, name, birth_date: birthDate, gender };

/** Mostly valid, with unique ids and symmetric relatives; sometimes arbitrary. */
const citizens: fc.Arbitrary<Citizen[]> = fc
  .record({
    people: fc.array(fc.record({ citizen_id: fc.constantFrom(...IDS), ...fields, relatives: someIds }), {
      maxLength: 8,
    }),
    isLeftAsItIs: fc.integer({ min: 0, max: 5 }).map((n) => n === 5),
  })
  .map(({ people, isLeftAsItIs }) => (isLeftAsItIs ? people : repair(people)));

function repair(people: Citizen[]): Citizen[] {
  const unique = people.filter((one, at) => people.findIndex(({ citizen_id }) => citizen_id === one.citizen_id) === at);
  const wants = (one: Citizen, other: Citizen) => one !== other && one.relatives.includes(other.citizen_id);
  return unique.map((one) => ({
    ...one,
    relatives: unique.filter((other) => wants(one, other) || wants(other, one)).map(({ citizen_id }) => citizen_id),
  }));
}

const patchedRelatives = fc.oneof(
  { weight: 6, arbitrary: fc.uniqueArray(fc.constantFrom(...IDS), { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(fc.constantFrom(...IDS, NOBODY), { maxLength: 5 }) },
);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('import' as const), citizens, bad: sometimesBad }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('patch' as const),
      place: fc.nat(),
      citizenId: fc.constantFrom(...IDS),
      changes: fc.record({ ...fields, relatives: patchedRelatives }, { requiredKeys: ['name'] }),
      bad: sometimesBad,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unknown import' as const) }) },
);

function faultsOf({ errors }: Problem): string[] | undefined {
  return errors?.map(({ pointer, code }) => `${pointer} ${code}`).sort();
}

describe('the citizens API', () => {
  const service = useService();

  async function sameAnswers(model: ApiModel, importId: number): Promise<void> {
    const url = `${service.url}/imports/${importId}`;
    for (const [path, expected] of [
      ['citizens', model.list(importId)],
      ['citizens/birthdays', model.birthdays(importId)],
      ['towns/stat/percentile/age', model.percentiles(importId)],
    ] as const) {
      const { status, body } = await request<{ data?: unknown }>(`${url}/${path}`);
      assert.equal(status, expected.status, path);
      if (expected.status === 200) assert.deepEqual(body, { data: expected.data }, path);
    }
  }

  async function runImport(model: ApiModel, { citizens, bad }: Operation & { kind: 'import' }): Promise<void> {
    const isSpoilt = bad !== undefined && citizens.length > 0;
    const sent = isSpoilt ? citizens.map((one, at) => (at === 0 ? { ...one, [bad[0]]: bad[1] } : one)) : citizens;
    const expected = model.import(citizens, isSpoilt ? [`/citizens/0/${bad[0]} ${bad[2]}`] : []);
    const answer = await sendJson<Problem & { data: { import_id: number } }>('POST', `${service.url}/imports`, {
      citizens: sent,
    });
    assert.equal(answer.status, expected.status, answer.text);
    assert.deepEqual(faultsOf(answer.body), expected.faults?.sort());
    if (expected.status !== 201) return;
    model.stored(answer.body.data.import_id, citizens);
    await sameAnswers(model, answer.body.data.import_id);
  }

  async function runPatch(
    model: ApiModel,
    { place, citizenId, changes, bad }: Operation & { kind: 'patch' },
  ): Promise<void> {
    const importIds = [...model.imports.keys()];
    const importId = importIds[place % importIds.length] ?? 0;
    const sent = bad === undefined ? changes : { ...changes, [bad[0]]: bad[1] };
    const expected = model.patch(importId, citizenId, changes, bad === undefined ? [] : [`/${bad[0]} ${bad[2]}`]);
    const url = `${service.url}/imports/${importId}/citizens/${citizenId}`;
    const answer = await sendJson<Problem & { data: Citizen }>('PATCH', url, sent);
    assert.equal(answer.status, expected.status, answer.text);
    assert.deepEqual(faultsOf(answer.body), expected.faults?.sort());
    if (expected.status === 200) assert.deepEqual(answer.body.data, expected.data);
    await sameAnswers(model, importId);
    if (importId !== 0) assert.deepEqual(relativesFaults(await listCitizens(service.url, importId)), []);
  }

  it('answers as a model in memory does, whatever is imported and changed, valid or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 25 }), async (operations) => {
        await awayFromMidnight();
        const model = new ApiModel();
        for (const next of operations) {
          if (next.kind === 'import') await runImport(model, next);
          else if (next.kind === 'patch') await runPatch(model, next);
          else await sameAnswers(model, 10 ** 9);
        }
        // Imports are independent: operations on one must leave the others unchanged.
        for (const importId of model.imports.keys()) await sameAnswers(model, importId);
      }),
      { numRuns: RUNS },
    );
  });
});
