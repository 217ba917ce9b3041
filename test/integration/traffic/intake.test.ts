import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { encodeBinary } from '../../../app/traffic/cases/model/binary_form.js';
import type { Answer, Problem } from '../../support/http/http.js';
import { BOUNDARY, caseBody, type FormPart, formBody, sendBody, sendForm } from '../../support/traffic/case_form.js';
import { makePhoto } from '../../support/traffic/photos.js';
import { type Accepted, type TestCamera, useTraffic } from '../../support/traffic/traffic_suite.js';
import { callerWith } from '../../support/users.js';

type CaseAnswer = Record<string, unknown> & {
  case_id: string;
  photo: { sha256: string; bytes: number; type: string };
};
type Refused = Problem & { errors: { pointer: string; code: string }[] };

const MIB = 1024 * 1024;

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('cases from cameras', () => {
  const suite = useTraffic();

  async function caseCount(): Promise<number> {
    const stats = await suite.manager.get<{ status: string; cases: number }[]>('/cases/stats?group_by=status');
    return stats.body.reduce((sum, { cases }) => sum + cases, 0);
  }

  /** The photo of a case, as the service sends it. */
  async function photoOf(caseId: string): Promise<Buffer> {
    const answer = await fetch(`${suite.url}/cases/${caseId}/photo`, {
      headers: { Authorization: `Token ${suite.manager.token}` },
    });
    assert.equal(answer.status, 200);
    return Buffer.from(await answer.arrayBuffer());
  }

  async function isRefused(sent: Promise<Answer<unknown>>, status: number, code: string): Promise<Refused> {
    const before = await caseCount();
    const { status: got, body, text } = (await sent) as Answer<Refused>;
    assert.equal(got, status, text);
    assert.equal(body.code, code, text);
    assert.equal(await caseCount(), before, 'nothing is stored');
    return body;
  }

  for (const type of ['camerus1', 'camerus2', 'camerus3']) {
    for (const isPhotoLast of [false, true]) {
      it(`are stored: a record of ${type}, the photo ${isPhotoLast ? 'last' : 'first'}`, async () => {
        const camera = await suite.addCamera(type);
        const photo = makePhoto(200_000);
        const sent = await suite.send(camera, { photo, isPhotoLast });
        assert.equal(sent.status, 201, sent.text);
        assert.deepEqual([sent.body.type, sent.body.version], [type, 1]);
        const { body } = await suite.manager.get<CaseAnswer>(`/cases/${sent.body.case_id}`);
        const { case_id: _, status_at: statusAt, created_at: createdAt, ...rest } = body;
        assert.equal(statusAt, createdAt);
        assert.deepEqual(rest, {
          transport: '1ABC2377',
          camera_id: camera.id,
          violation_id: suite.violationId,
          violation_value: '62km/h',
          skill_value: 1,
          timestamp: '2024-01-01T00:00:00.000000Z',
          status: 'initiated',
          type,
          version: 1,
          photo: { sha256: sha256(photo), bytes: photo.length, type: 'image/jpeg' },
          owner: null,
          votes: { justify: 0, convict: 0, list: [] },
        });
        assert.ok(photo.equals(await photoOf(sent.body.case_id)));
      });
    }
  }

  it('are stored from the binary form, as a file and as a field, also when it begins like JSON', async () => {
    const camera = await suite.addCamera();
    for (const filename of [undefined, 'record.bin']) {
      const record = suite.recordOf(camera);
      const metadata: FormPart = { name: 'metadata', bytes: Buffer.from(encodeBinary(record)) };
      const photo: FormPart = { name: 'photo', filename: 'x', bytes: makePhoto() };
      const body = formBody([photo, filename === undefined ? metadata : { ...metadata, filename }]);
      const sent = await sendBody<Accepted>(suite.url, camera.token, body);
      assert.equal(sent.status, 201, sent.text);
    }
    // 0x7b is `{`: a record whose outer length begins with it has 31,488 bytes or more.
    const padding = 'x'.repeat(0x7b00 - encodeBinary({ ...suite.recordOf(camera), padding: '' }).length + 2);
    const metadata = Buffer.from(encodeBinary({ ...suite.recordOf(camera), padding }));
    assert.equal(metadata[0], '{'.charCodeAt(0));
    const sent = await suite.send(camera, { metadata });
    assert.equal(sent.status, 201, sent.text);
  });

  for (const type of ['image/png', 'image/jpeg', 'image/webp'] as const) {
    it(`take ${type}, whatever the part says of it`, async () => {
      const camera = await suite.addCamera();
      const sent = await suite.send(camera, { photo: makePhoto(700, type) });
      const { body } = await suite.manager.get<CaseAnswer>(`/cases/${sent.body.case_id}`);
      assert.equal(body.photo.type, type);
    });
  }

  for (const bytes of [12, 128 * 1024, 256 * 1024, 256 * 1024 + 1, 5 * MIB + 17, 16 * MIB]) {
    it(`have photos of ${bytes} bytes as they were sent`, async () => {
      const camera = await suite.addCamera();
      const photo = makePhoto(bytes);
      const sent = await suite.send(camera, { photo });
      assert.equal(sent.status, 201, sent.text);
      assert.ok(photo.equals(await photoOf(sent.body.case_id)));
    });
  }

  it('are taken from a manager too, of any camera', async () => {
    const camera = await suite.addCamera();
    const sent = await suite.send({ ...camera, token: suite.manager.token as string });
    assert.equal(sent.status, 201, sent.text);
    const history = await suite.manager.get<{ by: string }[]>(`/cases/${sent.body.case_id}/history`);
    assert.deepEqual(
      history.body.map(({ by }) => by),
      ['ned'],
    );
  });

  it('are refused without a token, with one of nobody, and of others than managers and cameras', async () => {
    const camera = await suite.addCamera();
    const body = caseBody(makePhoto(), suite.recordOf(camera));
    await isRefused(sendBody(suite.url, undefined, body), 401, 'UNAUTHORIZED');
    await isRefused(sendBody(suite.url, '0'.repeat(40), body), 401, 'UNAUTHORIZED');
  });

  it("are refused of another camera than the token's", async () => {
    const [camera, other] = [await suite.addCamera(), await suite.addCamera()];
    await isRefused(suite.send(camera, { metadata: suite.recordOf(other) }), 403, 'FORBIDDEN');
  });

  it('are refused with the type of the camera first, where a camera sends what fits no type', async () => {
    const camera = await suite.addCamera('camerus3');
    const metadata = { ...suite.recordOf(camera), skill: 0 };
    const { detail, errors } = await isRefused(suite.send(camera, { metadata }), 422, 'RECORD_REFUSED');
    assert.match(detail, /does not fit camerus3, the type of the camera/);
    assert.equal(Object.keys(errors)[0], 'camerus3');
    const byManager = sendForm(suite.url, suite.manager.token, { photo: makePhoto(), metadata });
    assert.match((await isRefused(byManager, 422, 'RECORD_REFUSED')).detail, /fits no camera type/);
  });

  it('are refused with the faults by type where the record fits none', async () => {
    const camera = await suite.addCamera();
    const metadata = { ...suite.recordOf(camera), transport_chars: 'abc', skill_value: '5' };
    const { errors } = await isRefused(suite.send(camera, { metadata }), 422, 'RECORD_REFUSED');
    const byType = errors as unknown as Record<string, { pointer: string; code: string }[]>;
    assert.deepEqual(Object.keys(byType).sort(), ['camerus1', 'camerus2', 'camerus3']);
    assert.deepEqual(
      byType['camerus1']?.map(({ pointer, code }) => [pointer, code]),
      [
        ['/transport_chars', 'WRONG_FORM'],
        ['/skill_value', 'WRONG_TYPE'],
      ],
    );
  });

  const wrongRecords: [what: string, change: (record: Record<string, unknown>) => object, code: string][] = [
    [
      'an unknown camera',
      (record) => ({ ...record, camera_id: 'ffffffff-ffff-4fff-8fff-ffffffffffff' }),
      'UNKNOWN_CAMERA',
    ],
    [
      'an unknown violation',
      (record) => ({ ...record, violation_id: 'ffffffff-ffff-4fff-8fff-ffffffffffff' }),
      'UNKNOWN_VIOLATION',
    ],
    [
      'a time in the future',
      (record) => ({ ...record, datetime: new Date(Date.now() + 3_600_000).toISOString() }),
      'FUTURE_TIME',
    ],
  ];
  for (const [what, change, code] of wrongRecords) {
    it(`are refused with ${what}`, async () => {
      const camera = await suite.addCamera();
      const sender = { ...camera, token: suite.manager.token as string };
      const sent = suite.send(sender, { metadata: change(suite.recordOf(camera)) });
      const { errors } = await isRefused(sent, 422, 'RECORD_REFUSED');
      assert.deepEqual(
        errors.map((error) => error.code),
        [code],
      );
    });
  }

  it('are refused of a camera that is switched off, and taken when it is on again', async () => {
    const camera = await suite.addCamera();
    await suite.manager.send('PATCH', `/cameras/${camera.id}`, { enabled: false });
    const { errors } = await isRefused(suite.send(camera), 422, 'RECORD_REFUSED');
    assert.deepEqual(
      errors.map(({ code, pointer }) => [code, pointer]),
      [['CAMERA_DISABLED', '/camera_id']],
    );
    await suite.manager.send('PATCH', `/cameras/${camera.id}`, { enabled: true });
    assert.equal((await suite.send(camera)).status, 201);
  });

  it('are refused where the record fits a type, but its camera has another', async () => {
    const camera = await suite.addCamera('camerus1');
    const metadata = suite.recordOf({ ...camera, type: 'camerus3' });
    const { errors } = await isRefused(suite.send(camera, { metadata }), 422, 'RECORD_REFUSED');
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['CAMERA_OF_OTHER_TYPE'],
    );
  });

  it('take a time that is up to 60 s ahead', async () => {
    const camera = await suite.addCamera();
    const metadata = { ...suite.recordOf(camera), datetime: new Date(Date.now() + 30_000).toISOString() };
    assert.equal((await suite.send(camera, { metadata })).status, 201);
  });

  it('of the days that do not exist are refused', async () => {
    const camera = await suite.addCamera('camerus2');
    const record = suite.recordOf(camera) as { datetime: object };
    const metadata = { ...record, datetime: { ...record.datetime, month: 2, day: 30 } };
    await isRefused(suite.send(camera, { metadata }), 422, 'RECORD_REFUSED');
  });

  it('of camerus2 may name the region and the offset as its newer cameras do, but not leave them out', async () => {
    const camera = await suite.addCamera('camerus2');
    const record = suite.recordOf(camera) as { transport: object; datetime: object };
    const { utf_offset: offset, ...datetime } = record.datetime as { utf_offset: string };
    const { transport_region: region, ...transport } = record.transport as { transport_region: string };
    const newer = { ...record, transport: { ...transport, region }, datetime: { ...datetime, utc_offset: offset } };
    assert.equal((await suite.send(camera, { metadata: newer })).status, 201);
    await isRefused(suite.send(camera, { metadata: { ...record, transport } }), 422, 'RECORD_REFUSED');
    await isRefused(suite.send(camera, { metadata: { ...record, datetime } }), 422, 'RECORD_REFUSED');
  });

  it('that are sent again are answered with the case that is there', async () => {
    const camera = await suite.addCamera();
    for (const photo of [makePhoto(), makePhoto(MIB)]) {
      const first = await suite.send(camera, { photo });
      const before = await caseCount();
      const shuffled = Object.fromEntries(Object.entries(suite.recordOf(camera)).reverse());
      for (const metadata of [suite.recordOf(camera), shuffled, Buffer.from(encodeBinary(suite.recordOf(camera)))]) {
        const again = await suite.send(camera, { photo, metadata });
        assert.equal(again.status, 200, again.text);
        assert.equal(again.headers.get('Idempotency-Replayed'), 'true');
        assert.deepEqual(again.body, first.body);
      }
      assert.equal(await caseCount(), before);
      assert.ok(photo.equals(await photoOf(first.body.case_id)));
    }
  });

  it('that are sent at once are stored once', async () => {
    const camera = await suite.addCamera();
    for (const photo of [makePhoto(), makePhoto(MIB)]) {
      const all = await Promise.all(Array.from({ length: 8 }, () => suite.send(camera, { photo })));
      assert.equal(new Set(all.map(({ body }) => body.case_id)).size, 1);
      assert.equal(all.filter(({ status }) => status === 201).length, 1);
    }
  });

  const wrongForms: [what: string, body: (camera: TestCamera) => Buffer, status: number, code: string][] = [
    ['no body', () => Buffer.alloc(0), 400, 'MALFORMED_FORM'],
    ['a body that is no form', () => Buffer.from('hello'), 400, 'MALFORMED_FORM'],
    ['no end', (camera) => caseBody(makePhoto(), suite.recordOf(camera)).subarray(0, -20), 400, 'MALFORMED_FORM'],
    ['no photo', (camera) => formBody([part('metadata', suite.recordOf(camera))]), 400, 'MALFORMED_FORM'],
    ['no metadata', () => formBody([{ name: 'photo', bytes: makePhoto() }]), 400, 'MALFORMED_FORM'],
    ['an unknown part', () => formBody([part('a', {})]), 400, 'MALFORMED_FORM'],
    ['two photos', () => formBody([photoPart(), photoPart()]), 400, 'MALFORMED_FORM'],
    [
      'a photo that is a text',
      (camera) => caseBody(Buffer.from('hello'), suite.recordOf(camera)),
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['an empty photo', (camera) => caseBody(Buffer.alloc(0), suite.recordOf(camera)), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    [
      'a photo over 16 MiB',
      (camera) => caseBody(makePhoto(16 * MIB + 1), suite.recordOf(camera)),
      413,
      'BODY_TOO_LARGE',
    ],
    ['a record over 64 KiB', () => caseBody(makePhoto(), ' '.repeat(64 * 1024 + 1)), 413, 'BODY_TOO_LARGE'],
    ['a record that is no JSON', () => caseBody(makePhoto(), '{"a":'), 400, 'MALFORMED_RECORD'],
    ['an empty record', () => caseBody(makePhoto(), ''), 400, 'MALFORMED_RECORD'],
    [
      'a record that is not UTF-8',
      () => caseBody(makePhoto(), Buffer.from('7b2261223a22ff227d', 'hex')),
      400,
      'MALFORMED_RECORD',
    ],
    [
      'a record of 20,000 levels',
      () => caseBody(makePhoto(), '['.repeat(20_000) + ']'.repeat(20_000)),
      400,
      'MALFORMED_RECORD',
    ],
    ['a record that is a list', () => caseBody(makePhoto(), '[]'), 422, 'RECORD_REFUSED'],
    ['a record that is null', () => caseBody(makePhoto(), 'null'), 422, 'RECORD_REFUSED'],
  ];
  function part(name: string, value: object): FormPart {
    return { name, bytes: Buffer.from(JSON.stringify(value)) };
  }
  function photoPart(): FormPart {
    return { name: 'photo', filename: 'a.jpg', bytes: makePhoto() };
  }
  for (const [what, body, status, code] of wrongForms) {
    it(`are refused with ${what}: ${status} ${code}`, async () => {
      const camera = await suite.addCamera();
      await isRefused(sendBody(suite.url, camera.token, body(camera)), status, code);
    });
  }

  it('are refused in any other content type', async () => {
    const camera = await suite.addCamera();
    const authorization = { Authorization: `Token ${camera.token}` };
    for (const type of ['application/json', 'multipart/mixed; boundary=x', 'text/plain']) {
      const headers = { ...authorization, 'Content-Type': type };
      const answer = await fetch(`${suite.url}/cameras/case`, { method: 'POST', headers, body: '{}' });
      assert.equal(answer.status, 415, type);
    }
    const headers = { ...authorization, 'Content-Type': 'multipart/form-data' };
    const answer = await fetch(`${suite.url}/cameras/case`, { method: 'POST', headers, body: `--${BOUNDARY}--` });
    assert.equal(answer.status, 400, 'without a boundary');
  });

  it("are all that a camera's token is for; a new one ends the old, and a camera's end ends its own", async () => {
    const camera = await suite.addCamera();
    const caller = callerWith(suite.url, camera.token);
    for (const path of ['/cameras', `/cameras/${camera.id}`, '/cases', '/api/v1/me', '/api/v1/tokens/', '/imports']) {
      assert.equal((await caller.get(path)).status, 403, path);
    }
    assert.equal((await caller.send('POST', '/rpc', { jsonrpc: '2.0', id: 1, method: 'rpc.discover' })).status, 403);
    const renewed = await suite.manager.send<{ token: string }>('POST', `/cameras/${camera.id}/token`);
    assert.equal((await suite.send(camera)).status, 401);
    const { token } = renewed.body;
    await suite.manager.send('DELETE', `/cameras/${camera.id}`);
    assert.equal((await sendForm<Problem>(suite.url, token, { photo: makePhoto(), metadata: {} })).status, 401);
  });
});
