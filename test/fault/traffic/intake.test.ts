import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { settingsFor } from '../../support/db/external.js';
import { startTarantool } from '../../support/db/tarantool.js';
import { makeFolder } from '../../support/folder.js';
import { IS_NIGHTLY } from '../../support/nightly.js';
import { type RunningService, startService } from '../../support/service.js';
import { BOUNDARY, caseBody, sendForm } from '../../support/traffic/case_form.js';
import { INSPECT_CASES, inspectScript } from '../../support/traffic/inspect_cases.js';
import { makePhoto } from '../../support/traffic/photos.js';
import { type Accepted, addViolation, recordFor } from '../../support/traffic/traffic_suite.js';
import { until } from '../../support/until.js';
import { callerWith, readAdminToken } from '../../support/users.js';

const PASSWORD = 'for the tests';
const ROUNDS = IS_NIGHTLY ? 10 : 2;
const SENDERS = 4;

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A service that makes its Tarantool itself, on a folder that survives it. */
async function start(dataDir: string): Promise<RunningService> {
  return startService({ dataDir, env: { SVODKA_TARANTOOL_PASSWORD: PASSWORD } });
}

type Acknowledged = Map<string, string>;

/** Sends cases until the connection fails; notes those that were acknowledged by the SHA-256 of their photos. */
async function sendUntilKilled(url: string, token: string, record: object, acknowledged: Acknowledged): Promise<void> {
  for (let i = 0; ; i++) {
    // Every third photo arrives in pieces.
    const photo = makePhoto(i % 3 === 2 ? 700_000 : 20_000);
    try {
      const sent = await sendForm<Accepted>(url, token, { photo, metadata: record });
      if (sent.status === 201) acknowledged.set(sent.body.case_id, sha256(photo));
      else if (sent.status !== 503) throw new Error(`${sent.status}: ${sent.text}`);
    } catch (reason) {
      if (reason instanceof TypeError) return;
      throw reason;
    }
  }
}

describe('kill -9 while cameras send cases', () => {
  afterEach(closeClients);

  for (const victim of ['the service', 'Tarantool'] as const) {
    it(`of ${victim}: what was acknowledged is found, with its photo, and nothing else is left`, async () => {
      const dataDir = makeFolder();
      let service = await start(dataDir);
      const admin = () => callerWith(service.url, readAdminToken(dataDir));
      const db = await connectClient({ address: { path: `${dataDir}/tarantool.sock` } });
      const violationId = await addViolation(db, 'speeding');
      const GPScoords = { latitude: 0, longitude: 0 };
      const { body: cameraId } = await admin().send<string>('POST', '/cameras/regist', {
        GPScoords,
        CameraType: 'camerus3',
      });
      const made = await admin().send<{ token: string }>('POST', `/cameras/${cameraId}/token`);
      const record = recordFor('camerus3', cameraId, violationId);
      const acknowledged: Acknowledged = new Map();

      for (let round = 0; round < ROUNDS; round++) {
        const wanted = acknowledged.size + 8;
        const senders = Array.from({ length: SENDERS }, () =>
          sendUntilKilled(service.url, made.body.token, record, acknowledged),
        );
        await until('some cases are acknowledged', () => acknowledged.size >= wanted);
        if (victim === 'Tarantool') process.kill(service.tarantoolPid(), 'SIGKILL');
        else await service.kill();
        if (victim === 'Tarantool') {
          const again = acknowledged.size + 4;
          await until('cases are taken again', () => acknowledged.size >= again);
          await service.kill();
        }
        await Promise.all(senders);
        service = await start(dataDir);
      }

      for (const [caseId, hash] of acknowledged) {
        const photo = await fetch(`${service.url}/cases/${caseId}/photo`, {
          headers: { Authorization: `Token ${readAdminToken(dataDir)}` },
        });
        assert.equal(photo.status, 200);
        assert.equal(sha256(Buffer.from(await photo.arrayBuffer())), hash);
      }
      assert.equal(await service.stop(), 0);

      const tarantool = await startTarantool({ dataDir, script: inspectScript });
      const inspector = await connectClient({ address: tarantool.address });
      await until('photos without a case are swept', async () => {
        const [strays] = await inspector.call(INSPECT_CASES.strays, []);
        return strays === 0;
      });
      const [differences] = await inspector.call(INSPECT_CASES.recount, []);
      assert.deepEqual(differences, []);
      await tarantool.end('SIGKILL');
    });
  }
});

describe('a camera that goes away in the middle of a photo', () => {
  afterEach(closeClients);

  it('leaves nothing behind, nor does one whose record is refused', async () => {
    const tarantool = await startTarantool({ script: inspectScript });
    const service = await startService({ env: settingsFor(tarantool) });
    const db = await connectClient({ address: tarantool.address });
    const admin = callerWith(service.url, readAdminToken(service.dataDir));
    const body = caseBody(makePhoto(3_000_000), {});
    const head = [
      'POST /cameras/case HTTP/1.1',
      `Host: 127.0.0.1:${service.port}`,
      `Authorization: Token ${admin.token}`,
      `Content-Type: multipart/form-data; boundary=${BOUNDARY}`,
      `Content-Length: ${body.length}`,
      '\r\n',
    ].join('\r\n');
    const socket = connect(service.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(head);
    socket.write(body.subarray(0, 2_000_000));
    await until('a piece is staged', async () => (await db.call(INSPECT_CASES.strays, []))[0] > 0);
    socket.destroy();
    await until('its pieces are swept', async () => (await db.call(INSPECT_CASES.strays, []))[0] === 0);

    const refused = await sendForm(service.url, admin.token, { photo: makePhoto(3_000_000), metadata: {} });
    assert.equal(refused.status, 422);
    await until('its pieces are swept', async () => (await db.call(INSPECT_CASES.strays, []))[0] === 0);
    await service.stop();
    await tarantool.end('SIGKILL');
  });
});
