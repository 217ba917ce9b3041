import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Citizen } from '../../../../app/census/citizens/schema.js';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { type Problem, postImport, request, sendJson } from '../../../support/http/http.js';
import { useService } from '../../../support/suite.js';

type Page = { data: Citizen[]; next_cursor: string | null };

describe('pages of a list', () => {
  const PEOPLE = 7_000;
  const service = useService();
  let listUrl: string;
  before(async () => {
    await postImport(service.url, makeCitizens(10, 0));
    listUrl = `${service.url}/imports/${await postImport(service.url, makeCitizens(PEOPLE, 500))}/citizens`;
    await postImport(service.url, makeCitizens(10, 0));
  });

  const page = (query: string, headers = {}) => request<Page>(`${listUrl}?${query}`, { headers });

  /** Follows Link from page to page; `onPage` may change the import between pages. */
  async function followLinks(query: string, onPage: (url: string) => Promise<void>, headers = {}): Promise<string[]> {
    const texts: string[] = [];
    let url: string | undefined = `${listUrl}?${query}`;
    while (url !== undefined) {
      const answer: Awaited<ReturnType<typeof page>> = await request<Page>(url, { headers });
      assert.equal(answer.status, 200, answer.text);
      texts.push(answer.text);
      await onPage(url);
      const [, next] = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('Link') ?? '') ?? [];
      url = next && new URL(next, service.url).href;
    }
    return texts;
  }

  for (const limit of [1_000, 999, 2_500, 7_000, 10_000]) {
    it(`are together the whole list, ${limit} at a time, and the last one says so`, async () => {
      const texts = await followLinks(`limit=${limit}`, async () => {});
      const pages = texts.map((text) => JSON.parse(text) as Page);
      assert.equal(pages.length, Math.ceil(PEOPLE / limit));
      assert.ok(pages.slice(0, -1).every(({ data, next_cursor }) => data.length === limit && next_cursor !== null));
      assert.equal(pages.at(-1)?.next_cursor, null);
      const whole = await request<Page>(listUrl);
      assert.deepEqual(Object.keys(whole.body), ['data']);
      assert.deepEqual(
        pages.flatMap(({ data }) => data),
        whole.body.data,
      );
    });
  }

  it('leave nobody out and name nobody twice while the import changes', async () => {
    let apartment = 0;
    const texts = await followLinks('limit=500', async () => {
      apartment++;
      await sendJson('PATCH', `${listUrl}/${apartment * 300}`, { apartment });
    });
    const ids = texts.flatMap((text) => (JSON.parse(text) as Page).data.map(({ citizen_id }) => citizen_id));
    assert.deepEqual(
      ids,
      Array.from({ length: PEOPLE }, (_, place) => place + 1),
    );
  });

  it('come as lines too, with the next page in Link alone', async () => {
    const texts = await followLinks('limit=3000', async () => {}, { Accept: 'application/x-ndjson' });
    assert.deepEqual(
      texts.map((text) => text.split('\n').length - 1),
      [3_000, 3_000, 1_000],
    );
  });

  it('are of 1,000 when there is a cursor alone', async () => {
    const { body: first } = await page('limit=5');
    const { body: next } = await page(`cursor=${first.next_cursor}`);
    assert.deepEqual([next.data[0]?.citizen_id, next.data.length], [6, 1_000]);
  });

  it('have an ETag each, and are not sent to who has them', async () => {
    const { body } = await page('limit=5');
    const queries = ['limit=5', 'limit=6', `limit=5&cursor=${body.next_cursor}`];
    const answers = await Promise.all([request(listUrl), ...queries.map((query) => page(query))]);
    const etags = answers.map(({ headers }) => headers.get('ETag') as string);
    assert.equal(new Set(etags).size, 4);
    assert.equal((await page('limit=5', { 'If-None-Match': etags[1] })).status, 304);
    assert.equal((await page('limit=5', { 'If-None-Match': etags[2] })).status, 200);
    await sendJson('PATCH', `${listUrl}/7000`, { apartment: 4 });
    assert.equal((await page('limit=5', { 'If-None-Match': etags[1] })).status, 200);
  });

  const refused: [query: string, pointers: string[], why: string][] = [
    ['limit=0', ['/query/limit'], 'none at all'],
    ['limit=10001', ['/query/limit'], 'more than 10,000'],
    ['limit=-1', ['/query/limit'], 'less than none'],
    ['limit=1.5', ['/query/limit'], 'a part of one'],
    ['limit=1e3', ['/query/limit'], 'not in digits'],
    ['limit=', ['/query/limit'], 'nothing'],
    ['limit=5&limit=6', ['/query/limit'], 'twice'],
    ['cursor=', ['/query/cursor'], 'nothing'],
    ['limit=5&cursor=5', ['/query/cursor'], 'a bare id'],
    ['cursor=LTE', ['/query/cursor'], '-1 in base64url'],
    ['cursor=MDU', ['/query/cursor'], '05 in base64url'],
    ['cursor=NQ%3D%3D', ['/query/cursor'], 'with padding'],
    ['cursor=OTAwNzE5OTI1NDc0MDk5Mg', ['/query/cursor'], '2^53'],
    ['cursor=NQ&cursor=NQ', ['/query/cursor'], 'twice'],
    ['limit=x&cursor=x', ['/query/limit', '/query/cursor'], 'both are wrong'],
  ];
  for (const [query, pointers, why] of refused) {
    it(`are refused by pointer: ${why}: ${query}`, async () => {
      const answer = await request<Problem>(`${listUrl}?${query}`);
      assert.deepEqual([answer.status, answer.body.code], [400, 'INVALID_INPUT']);
      assert.deepEqual(
        answer.body.errors?.map(({ pointer }) => pointer),
        pointers,
      );
    });
  }

  it('of what is no import are 404; of an import without citizens, or behind the last one, empty', async () => {
    assert.equal((await request(`${service.url}/imports/999999/citizens?limit=5`)).status, 404);
    const emptyUrl = `${service.url}/imports/${await postImport(service.url, [])}/citizens?limit=5`;
    const empty = await request<Page>(emptyUrl);
    assert.deepEqual(empty.body, { data: [], next_cursor: null });
    const last = Buffer.from(String(PEOPLE)).toString('base64url');
    assert.deepEqual((await page(`cursor=${last}`)).body, { data: [], next_cursor: null });
  });
});
