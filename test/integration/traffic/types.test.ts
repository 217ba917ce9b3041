import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settingsFor } from '../../support/db/external.js';
import type { Problem } from '../../support/http/http.js';
import { startService } from '../../support/service.js';
import { sendForm } from '../../support/traffic/case_form.js';
import { makePhoto } from '../../support/traffic/photos.js';
import { type TestCamera, useTraffic } from '../../support/traffic/traffic_suite.js';
import { callerWith } from '../../support/users.js';

type TypeAnswer = { name: string; version: number; fields: object[]; case: Record<string, string> };
type Trial = { version: number; tried: number; failing: number; cases: { case_id: string; errors: object[] }[] };
type FaultsByType = { errors: Record<string, { code: string }[]> };
type Refused = Problem & { errors: { pointer: string; code: string }[] };

const FIELDS = [
  { key: 'plate', type: 'str' },
  { key: 'cam', type: 'uuid' },
  { key: 'what', type: 'uuid' },
  { key: 'speed', type: 'int', ge: 1 },
  { key: 'at', type: 'datetime' },
];
const CASE = {
  transport: 'plate',
  camera_id: 'cam',
  violation_id: 'what',
  violation_value: "$string(speed) & 'km/h'",
  skill_value: 'speed > 100 ? 5 : 1',
  timestamp: 'at',
};
const DEFINITION = { fields: FIELDS, case: CASE };

describe('camera types', () => {
  const suite = useTraffic();
  let lastName = 0;

  function newName(): string {
    lastName++;
    return `type_${lastName}`;
  }

  function put<Body = TypeAnswer>(name: string, definition: object, query = '') {
    return suite.manager.send<Body>('PUT', `/cameras/types/${name}${query}`, definition);
  }

  function recordOf(camera: TestCamera, changes: object = {}): object {
    return {
      plate: 'A1',
      cam: camera.id,
      what: suite.violationId,
      speed: 120,
      at: '2024-05-06T07:08:09+03:00',
      ...changes,
    };
  }

  it('are there from the first start, as the cameras of the predecessor send them', async () => {
    const { body } = await suite.manager.get<TypeAnswer[]>('/cameras/types');
    assert.deepEqual(
      body.map(({ name, version }) => [name, version]),
      [
        ['camerus1', 1],
        ['camerus2', 1],
        ['camerus3', 1],
      ],
    );
    for (const { name, version, fields, case: members } of body) {
      const same = await put(name, { fields, case: members });
      assert.equal(same.status, 200, same.text);
      assert.equal(same.body.version, version, 'the same definition is no new version');
    }
  });

  it('are stored, read, changed and deleted', async () => {
    const name = newName();
    const path = `/cameras/types/${name}`;
    const made = await put(name, DEFINITION);
    assert.equal(made.status, 201, made.text);
    assert.equal(made.body.version, 1);
    assert.deepEqual((await suite.manager.get<TypeAnswer>(path)).body, made.body);
    const changed = await put(name, {
      ...DEFINITION,
      fields: [...FIELDS, { key: 'more', type: 'bool', required: false }],
    });
    assert.deepEqual([changed.status, changed.body.version], [200, 2]);
    assert.equal((await suite.manager.send('DELETE', path)).status, 204);
    assert.equal((await suite.manager.get(path)).status, 404);
    assert.equal((await suite.manager.send('DELETE', path)).status, 404);
  });

  it('keep their versions, newest first, with who stored them', async () => {
    type Version = { version: number; fields: unknown[]; case: object; by: string; created_at: string };
    type Page = { data: Version[]; next_cursor: string | null };
    const name = newName();
    const path = `/cameras/types/${name}/versions`;
    for (const le of [10, 20, 30]) {
      await put(name, { ...DEFINITION, fields: [...FIELDS, { key: 'more', type: 'int', required: false, le }] });
    }
    await put(`${name}_2`, DEFINITION);
    const { data, next_cursor: cursor } = (await suite.manager.get<Page>(`${path}?limit=2`)).body;
    assert.deepEqual(
      data.map(({ version, by, fields }) => [version, by, fields.at(-1)]),
      [3, 2].map((version) => [version, 'ned', { key: 'more', type: 'int', required: false, le: version * 10 }]),
    );
    const rest = (await suite.manager.get<Page>(`${path}?limit=2&cursor=${cursor}`)).body;
    assert.deepEqual([rest.data.map(({ version }) => version), rest.next_cursor], [[1], null]);
    const bundled = (await suite.manager.get<Page>('/cameras/types/camerus1/versions')).body.data;
    assert.deepEqual(
      bundled.map(({ version, by }) => [version, by]),
      [[1, 'svodka']],
    );
    assert.equal((await suite.manager.get(`/cameras/types/${newName()}/versions`)).status, 404);
    assert.equal((await suite.manager.get(`${path}?limit=0`)).status, 400);
  });

  it('cannot be deleted while cameras have them', async () => {
    const name = newName();
    await put(name, DEFINITION);
    const camera = await suite.addCamera(name);
    const refused = await suite.manager.send<Problem>('DELETE', `/cameras/types/${name}`);
    assert.deepEqual([refused.status, refused.body.code], [409, 'CAMERA_TYPE_IN_USE']);
    await suite.manager.send('DELETE', `/cameras/${camera.id}`);
    assert.equal((await suite.manager.send('DELETE', `/cameras/types/${name}`)).status, 204);
  });

  it('make cases by their expressions, and cases name the version that made them', async () => {
    const name = newName();
    await put(name, DEFINITION);
    const camera = await suite.addCamera(name);
    const first = await suite.send(camera, { metadata: recordOf(camera) });
    assert.deepEqual([first.status, first.body.type, first.body.version], [201, name, 1], first.text);
    const { body } = await suite.manager.get<Record<string, unknown>>(`/cases/${first.body.case_id}`);
    assert.deepEqual(
      [body['transport'], body['violation_value'], body['skill_value'], body['timestamp']],
      ['A1', '120km/h', 5, '2024-05-06T04:08:09.000000Z'],
    );
    await put(name, { ...DEFINITION, case: { ...CASE, violation_value: "'fast'" } });
    const second = await suite.send(camera, { metadata: recordOf(camera) });
    assert.equal(second.body.version, 2);
    const later = await suite.manager.get<Record<string, unknown>>(`/cases/${second.body.case_id}`);
    assert.equal(later.body['violation_value'], 'fast');
  });

  it('of a new version are in force on every process as soon as they are stored', async () => {
    const other = await startService({ env: settingsFor(suite.pair.tarantool) });
    const name = newName();
    await put(name, DEFINITION);
    const camera = await suite.addCamera(name);
    const send = (metadata: object) =>
      sendForm<{ version: number }>(other.url, camera.token, { photo: makePhoto(), metadata });
    assert.equal((await send(recordOf(camera))).body.version, 1);
    for (let version = 2; version < 6; version++) {
      const wanted = `plate ${version}`;
      await put(name, { ...DEFINITION, fields: [{ key: 'plate', type: 'str', enum: [wanted] }, ...FIELDS.slice(1)] });
      const taken = await send(recordOf(camera, { plate: wanted }));
      assert.deepEqual([taken.status, taken.body.version], [201, version], 'what only the new shape takes');
      assert.equal((await send(recordOf(camera))).status, 422, 'what only the old shape took');
    }
    assert.equal(await other.stop(), 0);
  });

  it('are tried on the stored records without being stored', async () => {
    const name = newName();
    await put(name, DEFINITION);
    const camera = await suite.addCamera(name);
    const ids: string[] = [];
    for (let speed = 1; speed <= 60; speed++) {
      const sent = await suite.send(camera, { photo: makePhoto(50), metadata: recordOf(camera, { speed }) });
      ids.push(sent.body.case_id);
    }
    const stricter = {
      ...DEFINITION,
      fields: FIELDS.map((field) => (field.key === 'speed' ? { ...field, ge: 11 } : field)),
    };
    const trial = await put<Trial>(name, stricter, '?dry_run=true');
    assert.equal(trial.status, 200, trial.text);
    assert.deepEqual([trial.body.version, trial.body.tried, trial.body.failing], [2, 60, 10]);
    assert.deepEqual(trial.body.cases.map((each) => each.case_id).sort(), ids.slice(0, 10).sort());
    const broken = await put<Trial>(
      name,
      { ...DEFINITION, case: { ...CASE, transport: '$error("no")' } },
      '?dry_run=true',
    );
    assert.equal(broken.body.failing, 60);
    assert.equal((await suite.manager.get<TypeAnswer>(`/cameras/types/${name}`)).body.version, 1);
    const fresh = await put<Trial>(newName(), DEFINITION, '?dry_run=true');
    assert.deepEqual([fresh.body.version, fresh.body.tried], [1, 0]);
  });

  const runaways: [what: string, expression: string][] = [
    ['runs on', '($f := function($n) { $f($n + 1) }; $f(0))'],
    ['takes much memory', '$pad("a", 500000000)'],
    ['backtracks', '$match($pad("a", 40, "a") & "!", /(a+)+$/) ? "x" : "y"'],
    ['fails', '$error("no")'],
    ['gives nothing', 'absent'],
    ['gives a function', '$sum'],
    ['gives an object', '{"a": 1}'],
  ];
  for (const [what, expression] of runaways) {
    it(`refuse the record, and nothing else suffers, when an expression ${what}`, async () => {
      const name = newName();
      // No other type of this suite takes the record.
      const fields = [{ key: name, type: 'str' }, ...FIELDS.slice(1)];
      await put(name, { fields, case: { ...CASE, transport: expression } });
      const camera = await suite.addCamera(name);
      const good = await suite.addCamera();
      const others = Promise.all(Array.from({ length: 5 }, () => suite.send(good)));
      const refused = await suite.send(camera, { metadata: recordOf(camera, { plate: undefined, [name]: 'A1' }) });
      assert.equal(refused.status, 422, refused.text);
      assert.equal((refused.body as unknown as FaultsByType).errors[name]?.length, 1);
      assert.deepEqual(
        (await others).map(({ status }) => status),
        [201, 201, 201, 201, 201],
      );
      await suite.manager.send('DELETE', `/cameras/${camera.id}`);
      assert.equal((await suite.manager.send('DELETE', `/cameras/types/${name}`)).status, 204);
    });
  }

  const nested = (levels: number): object =>
    levels === 1 ? { key: 'k', type: 'str' } : { key: 'k', type: 'dict', fields: [nested(levels - 1)] };
  const withField = (field: object) => ({ ...DEFINITION, fields: [...FIELDS, field] });
  const wrong: [what: string, definition: object, pointer: string, code: string][] = [
    ['no fields', { case: CASE }, '/fields', 'REQUIRED'],
    ['an unknown member', { ...DEFINITION, more: 1 }, '/more', 'UNKNOWN_FIELD'],
    ['an unknown option', withField({ key: 'k', type: 'str', size: 1 }), '/fields/5/size', 'UNKNOWN_FIELD'],
    ['an unknown type of field', withField({ key: 'k', type: 'text' }), '/fields/5/type', 'NOT_ALLOWED'],
    ['a key twice', withField({ key: 'plate', type: 'str' }), '/fields/5/key', 'REPEATED_FIELD'],
    ['a key that no check can see', withField({ key: '__proto__', type: 'str' }), '/fields/5/key', 'NOT_ALLOWED'],
    ['a dict without fields', withField({ key: 'k', type: 'dict' }), '/fields/5/fields', 'REQUIRED'],
    ['fields of a text', withField({ key: 'k', type: 'str', fields: [] }), '/fields/5/fields', 'NOT_ALLOWED'],
    ['a pattern of a number', withField({ key: 'k', type: 'int', pattern: '1' }), '/fields/5/pattern', 'NOT_ALLOWED'],
    [
      'a pattern that is none',
      withField({ key: 'k', type: 'str', pattern: '(' }),
      '/fields/5/pattern',
      'NOT_A_PATTERN',
    ],
    ['a back-reference', withField({ key: 'k', type: 'str', pattern: '(a)\\1' }), '/fields/5/pattern', 'NOT_A_PATTERN'],
    ['look-around', withField({ key: 'k', type: 'str', pattern: '(?=a)' }), '/fields/5/pattern', 'NOT_A_PATTERN'],
    ['a range without values', withField({ key: 'k', type: 'int', ge: 2, le: 1 }), '/fields/5/le', 'OUT_OF_RANGE'],
    ['a value of another type', withField({ key: 'k', type: 'int', enum: ['1'] }), '/fields/5/enum/0', 'WRONG_TYPE'],
    [
      'an expression that is none',
      { ...DEFINITION, case: { ...CASE, transport: '(' } },
      '/case/transport',
      'NOT_AN_EXPRESSION',
    ],
    ['no expression for a member', { ...DEFINITION, case: { transport: 'plate' } }, '/case/camera_id', 'REQUIRED'],
    [
      '201 fields',
      { ...DEFINITION, fields: Array.from({ length: 201 }, (_, i) => ({ key: `k${i}`, type: 'int' })) },
      '/fields',
      'TOO_LONG',
    ],
    [
      'nine levels',
      withField(nested(9)),
      '/fields/5/fields/0/fields/0/fields/0/fields/0/fields/0/fields/0/fields/0/fields',
      'TOO_COMPLEX',
    ],
  ];
  for (const [what, definition, pointer, code] of wrong) {
    it(`are refused with ${what}`, async () => {
      const refused = await put<Refused>(newName(), definition);
      assert.equal(refused.status, 400, refused.text);
      const found = refused.body.errors.map((error) => [error.pointer, error.code]);
      assert.ok(
        found.some(([at, which]) => at === pointer && which === code),
        JSON.stringify(found),
      );
    });
  }

  it('take 8 levels and 200 fields', async () => {
    assert.equal((await put(newName(), withField(nested(8)))).status, 201);
    const more = Array.from({ length: 195 }, (_, i) => ({ key: `k${i}`, type: 'int', required: false }));
    assert.equal((await put(newName(), { ...DEFINITION, fields: [...FIELDS, ...more] })).status, 201);
  });

  for (const name of ['A', '1a', 'a-b', 'a'.repeat(65), '%20']) {
    it(`are not called ${name.slice(0, 10)}`, async () => {
      assert.equal((await put(name, DEFINITION)).status, 400);
      assert.equal((await suite.manager.get(`/cameras/types/${name}`)).status, 404);
    });
  }

  it('are for managers', async () => {
    const nobody = callerWith(suite.url);
    assert.equal((await nobody.send('PUT', '/cameras/types/x', DEFINITION)).status, 401);
  });
});
