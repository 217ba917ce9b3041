import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, describe, it } from 'node:test';
import { createCamerasRepository } from '../../../app/traffic/cameras/repository.js';
import { createCasesRepository } from '../../../app/traffic/cases/repository.js';
import { closeClients, connectClient, outcomeOf } from '../../support/db/db_client.js';
import { type Replicas, startReplicas } from '../../support/db/replicas.js';
import { makePhoto } from '../../support/traffic/photos.js';
import { addViolation } from '../../support/traffic/traffic_suite.js';
import { until } from '../../support/until.js';

let replicas: Replicas;
afterEach(async () => {
  await closeClients();
  await replicas.stop();
});

describe('a takeover, for cases', () => {
  it('finds cases with their photos, and goes on with numbers and repeats', async () => {
    replicas = await startReplicas();
    const old = await connectClient({ address: replicas.nodes[0].address });
    const next = await connectClient({ address: replicas.nodes[1].address });
    const cameraId = randomUUID();
    const place = { latitude: 0, longitude: 0, description: '' };
    await createCamerasRepository(old).register({ id: cameraId, type: 'camerus1', ...place });
    const violationId = await addViolation(old, 'speeding');
    const photo = makePhoto(200_000);
    const newCase = () => ({
      caseId: randomUUID(),
      transport: 'A1',
      cameraId,
      violationId,
      violationValue: '62km/h',
      skillValue: 1,
      timestamp: 1_704_067_200,
      type: 'camerus1',
      version: 1,
      photo: { sha256: 'x', bytes: photo.length, type: 'image/jpeg' },
      digest: 'a digest',
      record: '{}',
      sentBy: undefined,
    });
    const limits = { catalogVersion: 1, repeatS: 60 };
    const [before, after] = [createCasesRepository(old), createCasesRepository(next)];
    const stored = await before.create(newCase(), { parts: [photo] }, limits);
    assert.ok(stored.kind === 'stored');
    const { no, caseId } = stored.case;
    await until('the replica has the case', async () => (await outcomeOf(after.get(caseId))) === 'ok');
    assert.ok(photo.equals(await after.photoPiece(no, 0)));
    assert.equal(
      await outcomeOf(after.create({ ...newCase(), digest: 'refused' }, { parts: [photo] }, limits)),
      'DATABASE_AWAY',
    );

    const { code, text } = await replicas.nodes[1].takeOver();
    assert.equal(code, 0, text);
    const repeated = await after.create(newCase(), { parts: [photo] }, limits);
    assert.ok(repeated.kind === 'repeated' && repeated.case.caseId === caseId);
    const another = await after.create({ ...newCase(), digest: 'another' }, { parts: [photo] }, limits);
    assert.ok(another.kind === 'stored' && another.case.no > no);
  });
});
