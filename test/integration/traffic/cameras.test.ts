import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Problem } from '../../support/http/http.js';
import { useTraffic } from '../../support/traffic/traffic_suite.js';

type CameraAnswer = {
  id: string;
  GPScoords: { latitude: number; longitude: number };
  CameraType: string;
  description: string;
  enabled: boolean;
  created_at: string;
};
type Page = { data: CameraAnswer[]; next_cursor: string | null };
type Refused = Problem & { errors: { pointer: string; code: string }[] };

const NEW_CAMERA = { GPScoords: { latitude: 55.7, longitude: 37.6 }, CameraType: 'camerus1', description: 'Ленина, 1' };

describe('cameras', () => {
  const suite = useTraffic();

  it('are registered: the answer is the id as a JSON string', async () => {
    const made = await suite.manager.send<string>('POST', '/cameras/regist', NEW_CAMERA);
    assert.equal(made.status, 201);
    assert.match(made.text, /^"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"$/);
    const { body } = await suite.manager.get<CameraAnswer>(`/cameras/${made.body.toUpperCase()}`);
    const { created_at: createdAt, ...rest } = body;
    assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000);
    assert.deepEqual(rest, { id: made.body, ...NEW_CAMERA, enabled: true });
  });

  const wrong: [what: string, changes: object, pointer: string, code: string][] = [
    [
      'a latitude beyond the pole',
      { GPScoords: { latitude: 90.1, longitude: 0 } },
      '/GPScoords/latitude',
      'OUT_OF_RANGE',
    ],
    [
      'a longitude beyond 180',
      { GPScoords: { latitude: 0, longitude: -180.1 } },
      '/GPScoords/longitude',
      'OUT_OF_RANGE',
    ],
    ['a latitude in quotes', { GPScoords: { latitude: '1', longitude: 0 } }, '/GPScoords/latitude', 'WRONG_TYPE'],
    ['no coordinates', { GPScoords: undefined }, '/GPScoords', 'REQUIRED'],
    ['a type that does not exist', { CameraType: 'camerus9' }, '/CameraType', 'UNKNOWN_TYPE'],
    ['101 characters', { description: '😀'.repeat(101) }, '/description', 'TOO_LONG'],
    ['an unknown member', { id: 'x' }, '/id', 'UNKNOWN_FIELD'],
  ];
  for (const [what, changes, pointer, code] of wrong) {
    it(`are refused with ${what}`, async () => {
      const refused = await suite.manager.send<Refused>('POST', '/cameras/regist', { ...NEW_CAMERA, ...changes });
      assert.equal(refused.status, 400, refused.text);
      assert.deepEqual(
        refused.body.errors.map((error) => [error.pointer, error.code]),
        [[pointer, code]],
      );
    });
  }

  it('may have a description of 100 characters, or none, and stand at the poles', async () => {
    for (const changes of [
      { description: '😀'.repeat(100) },
      { description: undefined },
      { GPScoords: { latitude: 90, longitude: -180 } },
      { GPScoords: { latitude: -90, longitude: 180 } },
    ]) {
      assert.equal((await suite.manager.send('POST', '/cameras/regist', { ...NEW_CAMERA, ...changes })).status, 201);
    }
  });

  it('are listed in pages, each once, also those of one type', async () => {
    const ids = [];
    for (let i = 0; i < 5; i++) ids.push((await suite.addCamera('camerus3')).id);
    for (const query of ['', '&type=camerus3']) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Page = (
          await suite.manager.get<Page>(`/cameras?limit=2${query}${cursor === null ? '' : `&cursor=${cursor}`}`)
        ).body;
        assert.ok(page.data.length <= 2);
        seen.push(...page.data.map(({ id }) => id));
        cursor = page.next_cursor;
      } while (cursor !== null);
      assert.equal(new Set(seen).size, seen.length);
      assert.deepEqual(seen.slice(-5), ids);
      if (query !== '') assert.equal(seen.length, 5);
    }
    assert.deepEqual((await suite.manager.get<Page>('/cameras?type=none')).body, { data: [], next_cursor: null });
  });

  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'cursor=x', 'cursor=WzEsMl0', 'page=1']) {
    it(`are not listed with ${query}`, async () => {
      assert.equal((await suite.manager.get(`/cameras?${query}`)).status, 400);
    });
  }

  it('are changed, but keep their type once they have cases', async () => {
    const camera = await suite.addCamera('camerus1');
    const path = `/cameras/${camera.id}`;
    const changed = await suite.manager.send<CameraAnswer>('PATCH', path, {
      GPScoords: { latitude: 1, longitude: 2 },
      CameraType: 'camerus2',
      description: 'new',
      enabled: false,
    });
    assert.equal(changed.status, 200, changed.text);
    const { created_at: _, ...rest } = changed.body;
    assert.deepEqual(rest, {
      id: camera.id,
      GPScoords: { latitude: 1, longitude: 2 },
      CameraType: 'camerus2',
      description: 'new',
      enabled: false,
    });
    await suite.manager.send('PATCH', path, { enabled: true });
    const sent = await suite.send({ ...camera, type: 'camerus2' });
    assert.equal(sent.status, 201, sent.text);
    const refused = await suite.manager.send<Problem>('PATCH', path, { CameraType: 'camerus1' });
    assert.deepEqual([refused.status, refused.body.code], [409, 'CAMERA_HAS_CASES']);
    assert.equal((await suite.manager.send('PATCH', path, { CameraType: 'camerus2', description: '' })).status, 200);
    assert.equal((await suite.manager.send('PATCH', path, {})).status, 400);
    assert.equal((await suite.manager.send('PATCH', path, { CameraType: 'none' })).status, 400);
  });

  it('can be deleted until they have cases', async () => {
    const camera = await suite.addCamera();
    await suite.send(camera);
    const refused = await suite.manager.send<Problem>('DELETE', `/cameras/${camera.id}`);
    assert.deepEqual([refused.status, refused.body.code], [409, 'CAMERA_HAS_CASES']);
    const other = await suite.addCamera();
    assert.equal((await suite.manager.send('DELETE', `/cameras/${other.id}`)).status, 204);
    assert.equal((await suite.manager.get(`/cameras/${other.id}`)).status, 404);
  });

  it('of an id that is none are not there', async () => {
    for (const id of ['x', 'ffffffff-ffff-4fff-8fff-ffffffffffff']) {
      for (const [method, path] of [
        ['GET', `/cameras/${id}`],
        ['POST', `/cameras/${id}/token`],
        ['DELETE', `/cameras/${id}`],
      ] as const) {
        const { status, body } = await suite.manager.send<Problem>(method, path);
        assert.deepEqual([status, body.code], [404, 'CAMERA_NOT_FOUND'], `${method} ${path}`);
      }
    }
  });
});
