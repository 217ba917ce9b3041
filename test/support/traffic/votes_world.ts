import { randomUUID } from 'node:crypto';
import type { Client } from '../../../app/db/client.js';
import { ByteParts } from '../../../app/db/wire/byte_parts.js';
import { CAMERA_PROCEDURES } from '../../../app/traffic/cameras/procedures.js';
import { CASE_PROCEDURES } from '../../../app/traffic/cases/procedures.js';
import { connectClient } from '../db/db_client.js';
import { settingsFor, startPair } from '../db/external.js';
import { startTarantool, type TarantoolOptions } from '../db/tarantool.js';
import { type RunningService, startService } from '../service.js';
import { addUser, type Caller, callerWith, readAdminToken } from '../users.js';
import { addViolation } from './traffic_suite.js';

export const VIOLATION = 'превышение скорости';
export const TRANSPORT = '1ABC2377';
/** The first bytes of a PNG, and some that make it longer than one piece of 128 KiB. */
export const PHOTO = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(200_000, 7)]);

/** A database with a camera and a kind of violation; cases are stored without the way over HTTP. */
export type CaseMaker = { addCase(skill?: number, transport?: string): Promise<string> };

export async function createCaseMaker(db: Client): Promise<CaseMaker> {
  const violationId = await addViolation(db, VIOLATION);
  const [camera] = await db.call(CAMERA_PROCEDURES.registerCamera, [[randomUUID(), 55.7, 37.6, 'camerus1', '']]);
  return {
    async addCase(skill = 1, transport = TRANSPORT) {
      const caseId = randomUUID();
      const tuple = [
        ...([caseId, transport, camera[0], violationId, '62 км/ч', skill, 1_704_067_200] as const),
        ...(['camerus1', 1, 'f00d', PHOTO.length, 'image/png', caseId, ''] as const),
      ] as const;
      const [outcome] = await db.call(CASE_PROCEDURES.createCase, [1, tuple, '{}', new ByteParts([PHOTO]), 60]);
      if (outcome !== 'stored') throw new Error(`the case is ${outcome}`);
      return caseId;
    },
  };
}

export type VotesWorld = CaseMaker & {
  db: Client;
  readonly service: RunningService;
  admin: Caller;
  manager: Caller;
  /** A new specialist. */
  specialist(name: string): Promise<Caller>;
  /** Kills Tarantool with SIGKILL and starts it again on the same data. */
  killTarantool(): Promise<void>;
  /** Kills the service with SIGKILL and starts it again on the same port. */
  killService(): Promise<void>;
  stop(): Promise<void>;
};

/** A service on a Tarantool of its own. */
export async function startVotesWorld(options: TarantoolOptions = {}): Promise<VotesWorld> {
  const pair = await startPair(options);
  const db = await connectClient({ address: pair.tarantool.address });
  let { service } = pair;
  const { url, dataDir, port } = service;
  const admin = callerWith(url, readAdminToken(dataDir));
  const manager = await addUser(url, admin, 'manager', ['manager']);
  return {
    ...(await createCaseMaker(db)),
    db,
    get service() {
      return service;
    },
    admin,
    manager,
    async specialist(name) {
      const caller = await addUser(url, admin, name, ['user']);
      const verified = await manager.send('POST', '/managers/verify', { username: name });
      if (verified.status !== 200) throw new Error(verified.text);
      return caller;
    },
    async killTarantool() {
      await pair.tarantool.end('SIGKILL');
      pair.tarantool = await startTarantool({ ...options, dataDir: pair.tarantool.dataDir });
    },
    async killService() {
      await service.kill();
      service = await startService({ dataDir, env: { ...settingsFor(pair.tarantool), SVODKA_PORT: String(port) } });
    },
    async stop() {
      await db.close(0);
      await service.stop();
      await pair.tarantool.end('SIGKILL');
    },
  };
}
