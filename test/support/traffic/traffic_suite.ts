import { after, before } from 'node:test';
import type { Client } from '../../../app/db/client.js';
import { ByteString, createWriter } from '../../../app/db/wire/msgpack.js';
import { REGISTER_PROCEDURES } from '../../../app/traffic/registers/procedures.js';
import { closeClients, connectClient } from '../db/db_client.js';
import { type ExternalPair, startPair } from '../db/external.js';
import type { Answer } from '../http/http.js';
import { addUser, type Caller, callerWith, readAdminToken } from '../users.js';
import { sendForm } from './case_form.js';
import { makePhoto } from './photos.js';
import { CAMERUS1_RECORD, CAMERUS2_RECORD, CAMERUS3_RECORD } from './records.js';

export type Accepted = { case_id: string; type: string; version: number };

/** A registered camera with its token. */
export type TestCamera = { id: string; token: string; type: string };

export type CaseParts = { photo?: Buffer; metadata?: string | Buffer | object; isPhotoLast?: boolean };

export type TrafficSuite = {
  readonly url: string;
  readonly pair: ExternalPair;
  readonly db: Client;
  readonly admin: Caller;
  readonly manager: Caller;
  /** Of a kind of violations that is in the register. */
  readonly violationId: string;
  addCamera(type?: string): Promise<TestCamera>;
  /** A record of a camera, in the shape of its type. */
  recordOf(camera: TestCamera): Record<string, unknown>;
  /** Sends a case with a new photo. */
  send(camera: TestCamera, parts?: CaseParts): Promise<Answer<Accepted>>;
};

/** Adds a kind of violations to the register; returns its id. */
export async function addViolation(db: Client, type: string, fine = 500): Promise<string> {
  const writer = createWriter();
  writer.value([[type, fine]]);
  await db.call(REGISTER_PROCEDURES.putViolations, [new ByteString(writer.take()), false]);
  const [violations] = await db.call(REGISTER_PROCEDURES.listViolations, [null, 500]);
  const found = violations.find(([, name]) => name === type);
  if (found === undefined) throw new Error(`the register has no ${type}`);
  return found[0];
}

/** The sample records, of another camera and violation. */
export function recordFor(type: string, cameraId: string, violationId: string): Record<string, unknown> {
  if (type === 'camerus1') return { ...CAMERUS1_RECORD, camera_id: cameraId, violation_id: violationId };
  const sample = type === 'camerus2' ? CAMERUS2_RECORD : CAMERUS3_RECORD;
  return { ...sample, camera: { id: cameraId }, violation: { ...sample.violation, id: violationId } };
}

/** A service with a Tarantool, a manager and a kind of violations. Use the result only within tests. */
export function useTraffic(env: Record<string, string> = {}): TrafficSuite {
  let pair: ExternalPair | undefined;
  let parts: Pick<TrafficSuite, 'db' | 'admin' | 'manager' | 'violationId'> | undefined;
  const running = (): ExternalPair => {
    if (pair === undefined) throw new Error('the service runs only while the tests of its suite do');
    return pair;
  };
  const ready = () => parts as NonNullable<typeof parts>;

  before(async () => {
    pair = await startPair({}, env);
    const { url, dataDir } = pair.service;
    const db = await connectClient({ address: pair.tarantool.address });
    const admin = callerWith(url, readAdminToken(dataDir));
    const manager = await addUser(url, admin, 'ned', ['manager']);
    parts = { db, admin, manager, violationId: await addViolation(db, 'speeding') };
  });
  after(async () => {
    await closeClients();
    await pair?.stop();
  });

  const suite: TrafficSuite = {
    get url() {
      return running().service.url;
    },
    get pair() {
      return running();
    },
    get db() {
      return ready().db;
    },
    get admin() {
      return ready().admin;
    },
    get manager() {
      return ready().manager;
    },
    get violationId() {
      return ready().violationId;
    },
    async addCamera(type = 'camerus1') {
      const registered = await ready().manager.send<string>('POST', '/cameras/regist', {
        GPScoords: { latitude: 55.7, longitude: 37.6 },
        CameraType: type,
      });
      if (registered.status !== 201) throw new Error(`a camera: ${registered.text}`);
      const made = await ready().manager.send<{ token: string }>('POST', `/cameras/${registered.body}/token`);
      return { id: registered.body, token: made.body.token, type };
    },
    recordOf: ({ type, id }) => recordFor(type, id, ready().violationId),
    send: (camera, { photo = makePhoto(), metadata = suite.recordOf(camera), isPhotoLast = false } = {}) =>
      sendForm(running().service.url, camera.token, { photo, metadata, isPhotoLast }),
  };
  return suite;
}
