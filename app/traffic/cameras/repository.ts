import type { Client } from '../../db/client.js';
import type { Place } from '../cursor.js';
import { type CameraTuple, CAMERA_PROCEDURES as P, type TypeTuple } from './procedures.js';
import type { StoredType, StoredTypes } from './shapes/catalog.js';
import type { Definition } from './shapes/definition.js';

/** `createdAt`: seconds since 1970. */
export type Camera = {
  id: string;
  latitude: number;
  longitude: number;
  type: string;
  description: string;
  enabled: boolean;
  createdAt: number;
};

export type CameraChanges = Partial<Omit<Camera, 'id' | 'createdAt'>>;

/** A stored record and its case. */
type StoredRecord = { no: number; caseId: string; record: string };

/** What a type was from `createdAt` on, in seconds since 1970. */
export type TypeVersion = { version: number; definition: Definition; createdAt: number; by: string };

/** All methods throw ServiceError. */
export type CamerasRepository = {
  types(): Promise<StoredTypes>;
  /** Newest first, below a version. CAMERA_TYPE_NOT_FOUND */
  typeVersions(name: string, below: number | undefined, limit: number): Promise<TypeVersion[]>;
  catalogVersion(): Promise<number>;
  /** The definition that is the current one already makes no new version. */
  putType(name: string, definition: Definition, by: string): Promise<{ type: StoredType; isNew: boolean }>;
  /** CAMERA_TYPE_NOT_FOUND, CAMERA_TYPE_IN_USE */
  deleteType(name: string): Promise<void>;
  /** Of the newest cases of the type below a number. */
  recentRecords(type: string, before: number | undefined, limit: number): Promise<StoredRecord[]>;
  /** CAMERA_TYPE_NOT_FOUND */
  register(camera: Omit<Camera, 'enabled' | 'createdAt'>): Promise<Camera>;
  /** CAMERA_NOT_FOUND, as all that follow */
  get(id: string): Promise<Camera>;
  /** In the order of registration. */
  list(filter: { type?: string | undefined }, after: Place<string> | undefined, limit: number): Promise<Camera[]>;
  /** CAMERA_TYPE_NOT_FOUND, CAMERA_HAS_CASES */
  update(id: string, changes: CameraChanges): Promise<Camera>;
  /** CAMERA_HAS_CASES */
  delete(id: string): Promise<void>;
  /** The token before ends. */
  setToken(id: string, hash: string): Promise<void>;
};

function toType([name, version, definition, createdAt, updatedAt]: TypeTuple): StoredType {
  return { name, version, definition: JSON.parse(definition), createdAt, updatedAt };
}

function toCamera([id, latitude, longitude, type, description, enabled, createdAt]: CameraTuple): Camera {
  return { id, latitude, longitude, type, description, enabled, createdAt };
}

function withoutUndefined<Values extends object>(
  values: Values,
): { [Key in keyof Values]: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

export function createCamerasRepository(db: Client): CamerasRepository {
  return {
    async types() {
      const [version, types] = await db.call(P.listCameraTypes, []);
      return { version, types: types.map(toType) };
    },
    async typeVersions(name, below, limit) {
      const [versions] = await db.call(P.listTypeVersions, [name, below ?? null, limit]);
      return versions.map(([version, definition, createdAt, by]) => {
        return { version, definition: JSON.parse(definition), createdAt, by };
      });
    },
    async catalogVersion() {
      return (await db.call(P.catalogVersion, []))[0];
    },
    async putType(name, definition, by) {
      const [type, isNew] = await db.call(P.putCameraType, [name, JSON.stringify(definition), by]);
      return { type: toType(type), isNew };
    },
    async deleteType(name) {
      await db.call(P.deleteCameraType, [name]);
    },
    async recentRecords(type, before, limit) {
      const [found] = await db.call(P.recentRecords, [type, before ?? null, limit]);
      return found.map(([no, caseId, record]) => ({ no, caseId, record }));
    },
    async register({ id, latitude, longitude, type, description }) {
      return toCamera((await db.call(P.registerCamera, [[id, latitude, longitude, type, description]]))[0]);
    },
    async get(id) {
      return toCamera((await db.call(P.getCamera, [id]))[0]);
    },
    async list(filter, after, limit) {
      const [cameras] = await db.call(P.listCameras, [withoutUndefined(filter), after ?? null, limit]);
      return cameras.map(toCamera);
    },
    async update(id, changes) {
      return toCamera((await db.call(P.updateCamera, [id, withoutUndefined(changes)]))[0]);
    },
    async delete(id) {
      await db.call(P.deleteCamera, [id]);
    },
    async setToken(id, hash) {
      await db.call(P.setCameraToken, [id, hash]);
    },
  };
}
