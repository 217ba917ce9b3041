import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { parse } from 'csv-parse/sync';
import { citizen } from '../../support/census/citizens.js';
import { postImport, request, sendJson } from '../../support/http/http.js';
import { useService } from '../../support/suite.js';

const FORMULA = '=HYPERLINK("http://x")';
const CSV = { Accept: 'text/csv' };

type Operation = {
  parameters?: { name: string }[];
  responses: Record<string, { content?: Record<string, unknown> }>;
};

/** One query of each kind whose answer includes the town; `{a}` and `{b}` are two imports. */
const QUESTIONS: Readonly<Record<string, readonly string[]>> = {
  '/imports/{import_id}/citizens': [
    '/imports/{a}/citizens?',
    '/imports/{a}/citizens?gender=male&',
    '/imports/{a}/citizens?limit=1&',
  ],
  '/imports/{import_id}/towns/stat/percentile/age': [
    '/imports/{a}/towns/stat/percentile/age?',
    '/imports/{a}/towns/stat/percentile/age?by=gender&',
  ],
  // In these rows only numbers and months are known in advance.
  '/imports/{import_id}/ages': [],
  '/imports/{import_id}/presents': ['/imports/{a}/presents?group_by=citizen&'],
  '/imports/{import_id}/stats': [
    '/imports/{a}/stats?group_by=town&',
    '/imports/{a}/stats?group_by=town&metrics=x=2*count&',
  ],
  '/stats': ['/stats?imports={a},{b}&group_by=import,town&'],
  '/imports/{import_id}/compare/{other_id}/towns': ['/imports/{a}/compare/{b}/towns?'],
  '/imports/{import_id}/compare/{other_id}/citizens': [
    '/imports/{a}/compare/{b}/citizens?kind=changed&',
    '/imports/{a}/compare/{b}/citizens?kind=went&',
  ],
  // These need a token, and are tested with their rooms (integration/traffic).
  '/cases': [],
  '/cases/convicted': [],
  '/cases/stats': [],
};

describe('CSV for spreadsheets', () => {
  const service = useService();
  let a: number;
  let b: number;
  before(async () => {
    const lives = { town: FORMULA, gender: 'male' } as const;
    a = await postImport(service.url, [
      citizen(1, { ...lives, relatives: [2] }),
      citizen(2, { ...lives, relatives: [1] }),
      citizen(3, lives),
    ]);
    b = await postImport(service.url, [citizen(1, { town: 'x' })]);
  });
  const real = (question: string) => service.url + question.replace('{a}', String(a)).replace('{b}', String(b));
  const cells = (text: string) => (parse(text) as string[][]).flat();

  it('is there wherever there is CSV, and nowhere else', async () => {
    const { body } = await request<{ paths: Record<string, Record<string, Operation>> }>(`${service.url}/openapi.json`);
    const withCsv: string[] = [];
    for (const [path, methods] of Object.entries(body.paths)) {
      for (const { parameters = [], responses } of Object.values(methods)) {
        const hasCsv = responses['200']?.content?.['text/csv'] !== undefined;
        assert.equal(
          parameters.some(({ name }) => name === 'for'),
          hasCsv,
          path,
        );
        if (hasCsv) withCsv.push(path);
      }
    }
    assert.deepEqual(withCsv.toSorted(), Object.keys(QUESTIONS).toSorted());
  });

  for (const question of Object.values(QUESTIONS).flat()) {
    it(`has no formulas, and without asking for it every text as it is: ${question}`, async () => {
      const exactUrl = real(question).slice(0, -1);
      const safeUrl = real(`${question}for=spreadsheet`);
      // Each query is sent twice, which shows that a cached answer in one form is not used for the other.
      for (const _ of [1, 2]) {
        const exact = await request(exactUrl, { headers: CSV });
        const safe = await request(safeUrl, { headers: CSV });
        assert.deepEqual([exact.status, safe.status], [200, 200]);
        assert.ok(cells(exact.text).includes(FORMULA), exact.text);
        assert.ok(cells(safe.text).includes(`'${FORMULA}`), safe.text);
        assert.ok(!cells(safe.text).includes(FORMULA));
        assert.equal(safe.headers.get('Content-Type'), 'text/csv; charset=utf-8');
        const etags = [exact, safe].map(({ headers }) => headers.get('ETag') as string) as [string, string];
        assert.notEqual(...etags);
        const known = { headers: { ...CSV, 'If-None-Match': etags[0] } };
        assert.deepEqual([(await request(exactUrl, known)).status, (await request(safeUrl, known)).status], [304, 200]);
      }
      assert.deepEqual((await request(safeUrl)).body, (await request(exactUrl)).body, 'JSON is the same');
    });
  }

  it('leaves numbers below 0 what they are', async () => {
    const { text } = await request(real('/imports/{a}/compare/{b}/towns?for=spreadsheet'), { headers: CSV });
    assert.match(text, /,3,0,-3\r$/m);
  });

  it('comes in pages whose links lead to the same', async () => {
    for (const question of ['/imports/{a}/citizens?limit=1&', '/imports/{a}/compare/{b}/citizens?kind=went&limit=1&']) {
      const { headers } = await request(real(`${question}for=spreadsheet`), { headers: CSV });
      const [, next = ''] = /^<([^>]+)>; rel="next"$/.exec(headers.get('Link') ?? '') ?? [];
      assert.match(next, /[?&]for=spreadsheet(&|$)/);
      const following = await request(service.url + next, { headers: CSV });
      assert.ok(cells(following.text).includes(`'${FORMULA}`));
      const exact = await request(real(question).slice(0, -1), { headers: CSV });
      assert.doesNotMatch(exact.headers.get('Link') as string, /for=/);
    }
  });

  it('has an ETag that guards a change as that of any list does', async () => {
    const { headers } = await request(real('/imports/{a}/citizens?for=spreadsheet'), { headers: CSV });
    const changed = await request(real('/imports/{a}/citizens/3'), {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json', 'If-Match': headers.get('ETag') as string },
      body: JSON.stringify({ apartment: 9 }),
    });
    assert.equal(changed.status, 200);
    const again = await sendJson('PATCH', real('/imports/{a}/citizens/3'), { apartment: 7 });
    assert.equal(again.status, 200);
  });

  it('is for nothing else', async () => {
    assert.equal((await request(real('/imports/{a}/citizens?for=excel'), { headers: CSV })).status, 400);
  });
});
