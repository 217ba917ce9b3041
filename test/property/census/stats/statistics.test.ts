import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatBirthDate, utcToday } from '../../../../app/calendar.js';
import type { Citizen } from '../../../../app/census/citizens/schema.js';
import { citizen } from '../../../support/census/citizens.js';
import {
  type ModelImport,
  type ModelQuestion,
  type ModelRow,
  modelStats,
} from '../../../support/census/stats_model.js';
import { awayFromMidnight } from '../../../support/census/today.js';
import { postImport, request } from '../../../support/http/http.js';
import { runs } from '../../../support/random.js';
import { useService } from '../../../support/suite.js';

const TOWNS = ['Псков', 'псков', 'Псков ', 'Керчь, "порт"', 'a\0b', 'б'];
/** Dates around the end of February, where ages are most error-prone. */
const anyDay = fc
  .tuple(
    fc.constantFrom(1, 1899, 1900, 1903, 1904, 1999, 2000, 2001, 2019, 2020, 2023),
    fc.constantFrom(101, 227, 228, 229, 301, 302, 1122, 1231),
  )
  // Years such as 1903 and 1999 have no 29 February.
  .map(([year, day]) => (day === 229 && ![1904, 2000, 2020].includes(year) ? 228 : day) + year * 10_000);
const anyCitizen = fc.record({
  town: fc.constantFrom(...TOWNS),
  gender: fc.constantFrom<Citizen['gender']>('male', 'female'),
  birth_date: anyDay.map(formatBirthDate),
});
const anyImport = fc
  .array(anyCitizen, { maxLength: 40 })
  .map((all) => all.map((fields, place) => citizen(place + 1, fields)));
const anyAsOf = fc.oneof(anyDay, fc.constantFrom(20240228, 20240229, 20240301, 20250228, 20250301, 99991231));
const anyTown = fc.option(fc.constantFrom(...TOWNS, 'nowhere'), { nil: undefined });
const anyMeasures = fc.uniqueArray(
  fc.constantFrom('count', 'mean(age)', 'min(age)', 'max(age)', 'stddev(age)', 'p0(age)', 'p33.3(age)', 'p99.9(age)'),
  { minLength: 1, maxLength: 8 },
);

/** 20300101 -> 2030-01-01 */
function toIso(day: number): string {
  return String(day)
    .padStart(8, '0')
    .replace(/(....)(..)(..)/, '$1-$2-$3');
}

/** Means and deviations may differ by 1e-9, since sums in another order round differently; all else must be equal. */
function assertRows(found: readonly ModelRow[], expected: readonly ModelRow[]): void {
  const rounded = (rows: readonly ModelRow[]) =>
    rows.map((row) =>
      Object.entries(row).map(([column, value]) =>
        /mean|stddev|spread/.test(column) && typeof value === 'number'
          ? [column, Number(value.toFixed(9))]
          : [column, value],
      ),
    );
  assert.deepEqual(rounded(found), rounded(expected));
}

describe('statistics of ages', () => {
  const service = useService();

  async function ask(path: string, parameters: Record<string, string | undefined>): Promise<ModelRow[]> {
    const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const answer = await request<{ data: ModelRow[] }>(`${service.url}${path}?${new URLSearchParams(given)}`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body.data;
  }

  const scope = ({ asOf, town }: ModelQuestion) => ({ as_of: toIso(asOf), town });

  it('by town, gender and age are those of a recount from the citizens, on any day', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyImport,
        fc.uniqueArray(fc.constantFrom('town', 'gender', 'age')),
        anyAsOf,
        anyTown,
        anyMeasures,
        async (citizens, groupBy, asOf, town, measures) => {
          const importId = await postImport(service.url, citizens);
          const question = { groupBy, asOf, town };
          const columns = Object.fromEntries(measures.map((name) => [name.replace(/\((age)\)/, '_$1'), name]));
          const found = await ask(`/imports/${importId}/stats`, {
            group_by: groupBy.join(),
            metrics: measures.join(),
            ...scope(question),
          });
          assertRows(found, modelStats([{ importId, citizens }], question, columns));
        },
      ),
      runs(100),
    );
  });

  it('of several imports are those of all their citizens', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyImport, { minLength: 1, maxLength: 4 }),
        fc.uniqueArray(fc.constantFrom('import', 'town', 'gender')),
        anyAsOf,
        async (lists, groupBy, asOf) => {
          const imports: ModelImport[] = [];
          for (const citizens of lists) imports.push({ importId: await postImport(service.url, citizens), citizens });
          const found = await ask('/stats', {
            imports: imports.map(({ importId }) => importId).join(),
            group_by: groupBy.join(),
            metrics: 'count,q1=p25(age),spread=p75(age)-q1,mean(age)',
            as_of: toIso(asOf),
          });
          const columns = { count: 'count', q1: 'p25(age)', q3: 'p75(age)', mean_age: 'mean(age)' };
          const expected = modelStats(imports, { groupBy, asOf }, columns).map(({ q3, q1, mean_age, ...row }) => ({
            ...row,
            q1: q1 as number | null,
            spread: q3 === null ? null : Number(q3) - Number(q1),
            mean_age: mean_age as number | null,
          }));
          assertRows(found, expected);
        },
      ),
      runs(50),
    );
  });

  it('as percentiles and as a histogram are the same too', async () => {
    await fc.assert(
      fc.asyncProperty(anyImport, anyAsOf, anyTown, fc.boolean(), async (citizens, asOf, town, isByGender) => {
        await awayFromMidnight();
        const importId = await postImport(service.url, citizens);
        const by = isByGender ? 'gender' : undefined;
        const byGender = isByGender ? ['gender'] : [];
        const imports = [{ importId, citizens }];
        const columns = { p50: 'p50(age)', 'p99.9': 'p99.9(age)', p0: 'p0(age)' };
        const path = `/imports/${importId}/towns/stat/percentile/age`;
        for (const question of [
          { groupBy: ['town', ...byGender], asOf, town },
          { groupBy: ['town', ...byGender], asOf: utcToday(), town: undefined },
        ]) {
          const found = await ask(path, { p: '50,99.9,0', by, ...scope(question) });
          assertRows(found, modelStats(imports, question, columns));
        }
        const ages = { groupBy: ['age', ...byGender], asOf, town };
        assertRows(
          await ask(`/imports/${importId}/ages`, { by, ...scope(ages) }),
          modelStats(imports, ages, { citizens: 'count' }),
        );
      }),
      runs(50),
    );
  });
});
