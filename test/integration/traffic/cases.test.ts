import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { parse } from 'csv-parse/sync';
import type { Answer, Problem } from '../../support/http/http.js';
import { makePhoto } from '../../support/traffic/photos.js';
import { addViolation, type TestCamera, useTraffic } from '../../support/traffic/traffic_suite.js';

type CaseAnswer = Record<string, unknown> & {
  case_id: string;
  timestamp: string;
  photo: { sha256: string; bytes: number; type: string };
};
type Page = { data: CaseAnswer[]; next_cursor: string | null };

/** A case as it was sent. */
type Sent = { caseId: string; cameraId: string; violationId: string; transport: string; at: number };

const HOUR_MS = 3_600_000;
const FIRST_MS = Date.UTC(2024, 0, 1);

/** Of a camera that thinks of spreadsheets. */
const FORMULA = '=1+1';

describe('stored cases', () => {
  const suite = useTraffic();
  const sent: Sent[] = [];
  const cameras: TestCamera[] = [];
  const photo = makePhoto(300_000);
  let photoCase = '';

  before(async () => {
    const violations = [suite.violationId, await addViolation(suite.db, 'red light')];
    for (let i = 0; i < 3; i++) cameras.push(await suite.addCamera());
    for (let i = 0; i < 30; i++) {
      const camera = cameras[i % 3] as TestCamera;
      const violationId = violations[i % 2] as string;
      const at = FIRST_MS + ((i * 7) % 30) * HOUR_MS;
      const region = 77 + (i % 5);
      const metadata = {
        ...suite.recordOf(camera),
        violation_id: violationId,
        violation_value: FORMULA,
        transport_region: String(region),
        datetime: new Date(at).toISOString(),
      };
      const answer = await suite.send(camera, { metadata, ...(i === 0 && { photo }) });
      assert.equal(answer.status, 201, answer.text);
      sent.push({ caseId: answer.body.case_id, cameraId: camera.id, violationId, transport: `1ABC23${region}`, at });
    }
    photoCase = sent[0]?.caseId as string;
  });

  const newestFirst = (cases: readonly Sent[]) => cases.toSorted((a, b) => b.at - a.at).map(({ caseId }) => caseId);

  async function all(query: string, limit: number): Promise<string[]> {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const path: string = `/cases?limit=${limit}${query}${cursor === null ? '' : `&cursor=${cursor}`}`;
      const { status, body, text }: Answer<Page> = await suite.manager.get<Page>(path);
      assert.equal(status, 200, text);
      assert.ok(body.data.length <= limit);
      ids.push(...body.data.map((each) => each.case_id));
      cursor = body.next_cursor;
    } while (cursor !== null);
    return ids;
  }

  it('are listed newest first, in pages of any size, by every filter', async () => {
    const from = FIRST_MS + 5 * HOUR_MS;
    const to = FIRST_MS + 20 * HOUR_MS;
    const [first, second] = [sent[0] as Sent, sent[1] as Sent];
    const filters: [query: string, fits: (each: Sent) => boolean][] = [
      ['', () => true],
      [`&camera=${first.cameraId}`, ({ cameraId }) => cameraId === first.cameraId],
      [`&violation=${second.violationId}`, ({ violationId }) => violationId === second.violationId],
      [`&transport=${second.transport}`, ({ transport }) => transport === second.transport],
      ['&status=initiated', () => true],
      ['&status=convicted', () => false],
      [`&from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`, ({ at }) => at >= from && at < to],
      ['&from=2024-01-02', ({ at }) => at >= FIRST_MS + 24 * HOUR_MS],
      ['&to=2024-01-01T03:00:00%2B03:00', () => false],
      [
        `&camera=${first.cameraId}&violation=${first.violationId}&to=${new Date(to).toISOString()}`,
        ({ cameraId, violationId, at }) => cameraId === first.cameraId && violationId === first.violationId && at < to,
      ],
      [
        `&camera=${first.cameraId}&transport=${second.transport}`,
        ({ cameraId, transport }) => cameraId === first.cameraId && transport === second.transport,
      ],
    ];
    for (const [query, fits] of filters) {
      for (const limit of [1, 4, 1_000])
        assert.deepEqual(await all(query, limit), newestFirst(sent.filter(fits)), query);
    }
  });

  it('are the same as NDJSON and as CSV with the names of JSON', async () => {
    const path = `${suite.url}/cases?limit=7`;
    const read = async (accept: string) => {
      const answer = await fetch(path, { headers: { Authorization: `Token ${suite.manager.token}`, Accept: accept } });
      assert.equal(answer.headers.get('Content-Type')?.split(';')[0], accept);
      assert.match(answer.headers.get('Link') ?? '', /cursor=.*rel="next"/);
      return answer.text();
    };
    const { data } = JSON.parse(await read('application/json')) as Page;
    const lines = (await read('application/x-ndjson')).trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      data,
    );
    const rows: Record<string, string>[] = parse(await read('text/csv'), { columns: true });
    assert.deepEqual(
      rows.map((row) => [row['case_id'], row['transport'], row['timestamp'], row['skill_value'], row['photo.sha256']]),
      data.map((each) => [each.case_id, each['transport'], each.timestamp, '1', each.photo.sha256]),
    );
    assert.equal(rows[0]?.['violation_value'], FORMULA);
    const forSpreadsheet = await fetch(`${path}&for=spreadsheet`, {
      headers: { Authorization: `Token ${suite.manager.token}`, Accept: 'text/csv' },
    });
    const safe: Record<string, string>[] = parse(await forSpreadsheet.text(), { columns: true });
    assert.equal(safe[0]?.['violation_value'], `'${FORMULA}`);
  });

  for (const query of [
    'status=open',
    'camera=x',
    'violation=1',
    'from=yesterday',
    'to=2024-01-01T00:00:00',
    'limit=0',
    'limit=1001',
    'cursor=e30',
    'page=2',
    'transport=',
  ]) {
    it(`are not listed with ${query}`, async () => {
      const refused = await suite.manager.get<Problem>(`/cases?${query}`);
      assert.deepEqual([refused.status, refused.body.code], [400, 'INVALID_INPUT']);
    });
  }

  it('are counted by camera, violation, status and day', async () => {
    const by = async (kind: string) => {
      const { body } = await suite.manager.get<Record<string, string | number>[]>(`/cases/stats?group_by=${kind}`);
      return Object.fromEntries(body.map((each) => [each[kind], each['cases']]));
    };
    const counted = (keyOf: (each: Sent) => string) => {
      const counts: Record<string, number> = {};
      for (const each of sent) counts[keyOf(each)] = (counts[keyOf(each)] ?? 0) + 1;
      return counts;
    };
    assert.deepEqual(
      await by('camera'),
      counted(({ cameraId }) => cameraId),
    );
    assert.deepEqual(
      await by('violation'),
      counted(({ violationId }) => violationId),
    );
    assert.deepEqual(await by('status'), { initiated: sent.length });
    assert.deepEqual(
      await by('day'),
      counted(({ at }) => new Date(at).toISOString().slice(0, 10)),
    );
    assert.equal((await suite.manager.get('/cases/stats?group_by=hour')).status, 400);
    const read = async (accept: string) => {
      const headers = { Authorization: `Token ${suite.manager.token}`, Accept: accept };
      return (await fetch(`${suite.url}/cases/stats?group_by=status`, { headers })).text();
    };
    assert.equal(await read('text/csv'), `status,cases\r\ninitiated,${sent.length}\r\n`);
    assert.equal(await read('application/x-ndjson'), `{"status":"initiated","cases":${sent.length}}\n`);
  });

  it('are recounted, and their statistics agree', async () => {
    const { status, body } = await suite.manager.send<{ data: { counts: number } }>('POST', '/cases/check');
    const { counts, ...rest } = body.data;
    assert.deepEqual([status, rest], [200, { cases: sent.length, wrong_counts: 0, differences: [] }]);
    assert.ok(counts > 5, 'three cameras, two violations, a status and two days');
  });

  it('have a history that begins with the camera', async () => {
    const { body } = await suite.manager.get<{ status: string; by: string }[]>(`/cases/${photoCase}/history`);
    assert.deepEqual(
      body.map(({ status, by }) => [status, by]),
      [['initiated', cameras[0]?.id]],
    );
  });

  it('of an id that is none are not there', async () => {
    for (const id of ['x', 'ffffffff-ffff-4fff-8fff-ffffffffffff']) {
      for (const path of [`/cases/${id}`, `/cases/${id}/photo`, `/cases/${id}/history`]) {
        const { status, body } = await suite.manager.get<Problem>(path);
        assert.deepEqual([status, body.code], [404, 'CASE_NOT_FOUND'], path);
      }
    }
  });

  describe('have a photo', () => {
    const get = (headers: Record<string, string> = {}, method = 'GET') =>
      fetch(`${suite.url}/cases/${photoCase}/photo`, {
        method,
        headers: { Authorization: `Token ${suite.manager.token}`, ...headers },
      });

    it('with its type, its length and an ETag, by which it is not sent again', async () => {
      const whole = await get();
      assert.equal(whole.headers.get('Content-Type'), 'image/jpeg');
      assert.equal(whole.headers.get('Content-Length'), String(photo.length));
      assert.ok(photo.equals(Buffer.from(await whole.arrayBuffer())));
      const etag = whole.headers.get('ETag') as string;
      const known = await get({ 'If-None-Match': `"x", ${etag}` });
      assert.equal(known.status, 304);
      assert.equal(await known.text(), '');
      const head = await get({}, 'HEAD');
      assert.deepEqual([head.status, head.headers.get('Content-Length')], [200, String(photo.length)]);
    });

    const size = photo.length;
    const ranges: [range: string, start: number, end: number][] = [
      ['bytes=0-0', 0, 0],
      ['bytes=10-19', 10, 19],
      ['bytes=262143-262144', 262_143, 262_144],
      ['bytes=200000-', 200_000, size - 1],
      ['bytes=-5', size - 5, size - 1],
      ['bytes=0-999999', 0, size - 1],
    ];
    for (const [range, start, end] of ranges) {
      it(`of which ${range} is sent alone`, async () => {
        const part = await get({ Range: range });
        assert.equal(part.status, 206);
        assert.equal(part.headers.get('Content-Range'), `bytes ${start}-${end}/${size}`);
        assert.ok(photo.subarray(start, end + 1).equals(Buffer.from(await part.arrayBuffer())));
      });
    }

    it('of which no bytes are beyond its end', async () => {
      const refused = await get({ Range: `bytes=${size}-` });
      assert.equal(refused.status, 416);
      assert.equal(refused.headers.get('Content-Range'), `bytes */${size}`);
    });

    it('which is sent whole for several ranges, and for a range of another photo', async () => {
      const several = await get({ Range: 'bytes=0-1,5-6' });
      const other = await get({ Range: 'bytes=0-1', 'If-Range': '"x"' });
      for (const { status, headers } of [several, other]) {
        assert.deepEqual([status, headers.get('Content-Length')], [200, String(size)]);
      }
    });
  });
});
