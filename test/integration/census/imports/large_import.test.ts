import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { citizen } from '../../../support/census/citizens.js';
import { type Answer, postImport, request, sendJson } from '../../../support/http/http.js';
import { useService } from '../../../support/suite.js';

const CITIZENS = 10_000;
const PAIRS = 1_000;
const TEXT_LENGTH = 256;

const CHILD = citizen(2, { relatives: [1] });

/** 256 Cyrillic characters, different for each citizen. */
function longText(seed: number): string {
  return `${'ж'.repeat(TEXT_LENGTH)}${[...String(seed)].map((digit) => 'абвгдеёзик'[Number(digit)]).join('')}`.slice(
    -TEXT_LENGTH,
  );
}

/** JSON with all non-ASCII characters as \uXXXX, as some encoders write it. */
function toAsciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

async function timed<Body>(t: TestContext, what: string, ask: () => Promise<Answer<Body>>): Promise<Answer<Body>> {
  const startedAt = performance.now();
  const answer = await ask();
  t.diagnostic(`${what}: ${Math.round(performance.now() - startedAt)} ms`);
  return answer;
}

describe('the largest everyday import: 10,000 citizens with texts of 256 characters as \\uXXXX', () => {
  const service = useService();

  it('is answered by every handler', async (t) => {
    const citizens = makeCitizens(CITIZENS, PAIRS, 5).map((one) => {
      const text = longText(one.citizen_id);
      return { ...one, town: text, street: text, building: text, name: text };
    });
    const body = toAsciiJson({ citizens });
    t.diagnostic(`the body has ${body.length} bytes`);
    assert.ok(body.length > 62_000_000);

    const imported = await timed(t, 'POST', () =>
      request<{ data: { import_id: number } }>(`${service.url}/imports`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
      }),
    );
    assert.equal(imported.status, 201, imported.text);
    const url = `${service.url}/imports/${imported.body.data.import_id}`;
    const list = await timed(t, 'list', () => request<{ data: unknown[] }>(`${url}/citizens`));
    assert.equal(list.status, 200);
    assert.deepEqual(list.body.data, citizens);
    const changes = { name: longText(0), relatives: [2, 3] };
    assert.equal((await timed(t, 'PATCH', () => sendJson('PATCH', `${url}/citizens/1`, changes))).status, 200);
    assert.equal((await timed(t, 'birthdays', () => request(`${url}/citizens/birthdays`))).status, 200);
    const stats = await timed(t, 'percentiles', () => request<{ data: unknown[] }>(`${url}/towns/stat/percentile/age`));
    assert.equal(stats.status, 200);
    assert.equal(stats.body.data.length, CITIZENS);
  });
});

describe('an import with one citizen that everybody is a relative of', () => {
  const service = useService();

  it('is stored and listed, though that citizen alone takes more than 1 MB', async () => {
    // 9 bytes each in the database: 1.1 MB of relatives, while Tarantool's default limit for a tuple is 1 MB.
    const ids = Array.from({ length: 125_000 }, (_, place) => 10 ** 15 + place);
    const citizens = [citizen(1, { relatives: ids }), ...ids.map((id) => ({ ...CHILD, citizen_id: id }))];
    const importId = await postImport(service.url, citizens);
    const { status, text } = await request(`${service.url}/imports/${importId}/citizens`);
    assert.equal(status, 200);
    // Compared as texts: comparing 125,000 objects takes seconds.
    assert.ok(text === JSON.stringify({ data: citizens }));
  });
});
