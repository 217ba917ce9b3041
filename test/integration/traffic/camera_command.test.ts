import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { encodeBinary } from '../../../app/traffic/cases/model/binary_form.js';
import { runCommand, SVODKA } from '../../support/command_line.js';
import { makeFolder } from '../../support/folder.js';
import { makePhoto } from '../../support/traffic/photos.js';
import { useTraffic } from '../../support/traffic/traffic_suite.js';

describe('svodka camera', () => {
  const suite = useTraffic();
  const folder = makeFolder();
  const photo = join(folder, 'photo.png');
  let cameraId = '';
  let token = '';

  const run = (args: readonly string[], asWhom = suite.manager.token) =>
    runCommand(SVODKA, ['camera', ...args, '--url', suite.url], { env: { SVODKA_TOKEN: asWhom } });

  /** The record as a file in one of its forms. */
  function recordFile(name: string, bytes: string | Uint8Array): string {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    return file;
  }

  const record = () => suite.recordOf({ id: cameraId, token, type: 'camerus1' });

  before(async () => {
    writeFileSync(photo, makePhoto(5_000, 'image/png'));
    const at = ['--latitude', '55.7', '--longitude=-37.6'];
    const registered = await run(['register', '--type', 'camerus1', ...at, '--description', 'Lenin square']);
    assert.equal(registered.code, 0, registered.stderr);
    cameraId = registered.stdout.trim();
    const made = await run(['token', cameraId]);
    assert.equal(made.code, 0, made.stderr);
    token = made.stdout.trim();
  });

  it('lists cameras for people and as lines of JSON', async () => {
    const people = await run(['list']);
    assert.match(people.stdout, /Lenin square/);
    const lines = await run(['list', '--json', '--type', 'camerus1']);
    const cameras = lines.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      cameras.map(({ id, GPScoords }) => [id, GPScoords.longitude]),
      [[cameraId, -37.6]],
    );
    assert.equal((await run(['list', '--json', '--type', 'none'])).stdout, '');
  });

  it('shows the id of a new camera and its token as lines of JSON', async () => {
    const registered = await run(['register', '--type', 'camerus2', '--latitude', '1', '--longitude', '2', '--json']);
    assert.equal(registered.code, 0, registered.stderr);
    const { id, ...others } = JSON.parse(registered.stdout);
    assert.deepEqual(others, {});
    assert.equal((await suite.manager.get<{ CameraType: string }>(`/cameras/${id}`)).body.CameraType, 'camerus2');
    const made = await run(['token', id, '--json']);
    assert.deepEqual(Object.keys(JSON.parse(made.stdout)), ['token']);
  });

  it('sends a record as JSON and in the binary form, which mean the same case', async () => {
    const json = recordFile('record.json', JSON.stringify(record()));
    const sent = await run(['send', '--record', json, '--photo', photo], token);
    assert.deepEqual([sent.code, sent.stderr], [0, '']);
    const [, caseId] = /^case (\S+) is stored \(camerus1, version 1\)\n$/.exec(sent.stdout) ?? [];
    const binary = recordFile('record.bin', encodeBinary(record()));
    const again = await run(['send', '--record', binary, '--photo', photo, '--json'], token);
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(JSON.parse(again.stdout), { case_id: caseId, type: 'camerus1', version: 1 });
    const people = await run(['send', '--record', binary, '--photo', photo], token);
    assert.equal(people.stdout, `case ${caseId} is there already (camerus1, version 1)\n`);
  });

  it('shows the faults of a record by type', async () => {
    const file = recordFile('wrong.json', JSON.stringify({ ...record(), skill_value: 101 }));
    const refused = await run(['send', '--record', file, '--photo', photo], token);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /RECORD_REFUSED[\s\S]*as camerus1:\n {2}\/skill_value must be at most 100/);
  });

  it('says what is wrong with its use, and that nobody answers', async () => {
    const none = join(folder, 'none');
    const absent = await run(['send', '--record', photo, '--photo', none], token);
    assert.deepEqual([absent.code, absent.stderr], [2, `${none} cannot be read: there is no such file.\n`]);
    assert.equal((await run(['register', '--type', 'camerus1', '--latitude', 'x', '--longitude', '1'])).code, 2);
    const away = await runCommand(SVODKA, ['camera', 'list', '--url', 'http://127.0.0.1:1'], {
      env: { SVODKA_TOKEN: token },
    });
    assert.equal(away.code, 3);
  });
});
