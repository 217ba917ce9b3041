import { randomUUID } from 'node:crypto';
import { hasCode, ServiceError, type Violation } from '../../errors.js';
import { canonicalJson } from '../../http/json/canonical_json.js';
import { makeToken } from '../../users/token_text.js';
import type { Place } from '../cursor.js';
import type { Evaluator } from './expressions/evaluator.js';
import type { Camera, CameraChanges, CamerasRepository, TypeVersion } from './repository.js';
import type { CaseOutcome } from './shapes/case_values.js';
import { type Catalog, type Catalogs, createShape, type Shape, type StoredType } from './shapes/catalog.js';
import type { Definition } from './shapes/definition.js';
import { fitRecord } from './shapes/fitting.js';

export type { Camera, TypeVersion } from './repository.js';
export type { CaseOutcome, CaseValues } from './shapes/case_values.js';
export type { Catalog, Shape, StoredType } from './shapes/catalog.js';

/** A case whose record no longer fits. */
type FailingCase = { caseId: string; errors: readonly Violation[] };

/** What became of the stored records on a new shape. `version`: that it would get. */
export type TypeTrial = { version: number; tried: number; failing: FailingCase[] };

type NewCamera = Pick<Camera, 'latitude' | 'longitude' | 'type' | 'description'>;

/** All methods throw ServiceError. */
export type CamerasService = {
  types(): Promise<readonly StoredType[]>;
  /** CAMERA_TYPE_NOT_FOUND */
  type(name: string): Promise<StoredType>;
  /** Newest first, below a version. CAMERA_TYPE_NOT_FOUND */
  versions(
    name: string,
    below: number | undefined,
    limit: number,
  ): Promise<{ versions: TypeVersion[]; next: number | null }>;
  /** The definition that is the current one already makes no new version. */
  putType(name: string, definition: Definition, by: string): Promise<{ type: StoredType; isNew: boolean }>;
  /** Tries a definition on the records of the last 1,000 cases; stores nothing. */
  tryType(name: string, definition: Definition): Promise<TypeTrial>;
  /** CAMERA_TYPE_NOT_FOUND, CAMERA_TYPE_IN_USE */
  deleteType(name: string): Promise<void>;
  /** INVALID_INPUT for a type that does not exist */
  register(camera: NewCamera): Promise<string>;
  /** CAMERA_NOT_FOUND, as all that follow */
  get(id: string): Promise<Camera>;
  list(
    filter: { type?: string | undefined },
    after: Place<string> | undefined,
    limit: number,
  ): Promise<{ cameras: Camera[]; next: Place<string> | null }>;
  /** INVALID_INPUT for a type that does not exist, CAMERA_HAS_CASES */
  update(id: string, changes: CameraChanges): Promise<Camera>;
  /** CAMERA_HAS_CASES */
  remove(id: string): Promise<void>;
  /** A token of the camera; the one before ends. */
  renewToken(id: string): Promise<string>;
  /** The types as this process knows them. */
  catalog(): Promise<Catalog>;
  /** The types as they are stored; `known` itself if nothing has changed. */
  latestCatalog(known: Catalog): Promise<Catalog>;
  /** Tries a record on a type, and makes a case of it if it fits. SERVICE_BUSY */
  fit(shape: Shape, record: unknown): Promise<CaseOutcome>;
};

const MAX_TRIED = 1_000;
/** A record has 64 KiB at most: they are parsed in a turn of the event loop. */
const RECORDS_AT_ONCE = 20;
/** Of one case, in the answer of a trial. */
const MAX_ERRORS_PER_CASE = 10;

function unknownType(): never {
  throw new ServiceError('INVALID_INPUT', '1 rule is broken. Nothing was stored.', {
    violations: [{ pointer: '/CameraType', code: 'UNKNOWN_TYPE', detail: 'no camera type has this name' }],
  });
}

/** A type that the body names is a fault of the body. */
async function ofKnownType<Result>(write: Promise<Result>): Promise<Result> {
  try {
    return await write;
  } catch (reason) {
    if (hasCode(reason, 'CAMERA_TYPE_NOT_FOUND')) unknownType();
    throw reason;
  }
}

type CamerasServiceParts = { repository: CamerasRepository; catalogs: Catalogs; evaluator: Evaluator };

export function createCamerasService({ repository, catalogs, evaluator }: CamerasServiceParts): CamerasService {
  async function types(): Promise<readonly StoredType[]> {
    return (await repository.types()).types;
  }

  async function tryPage(
    shape: Shape,
    before: number | undefined,
  ): Promise<{ trials: FailingCase[]; last: number | undefined }> {
    const limit = RECORDS_AT_ONCE;
    const records = await repository.recentRecords(shape.name, before, limit);
    const trials = await Promise.all(
      records.map(async ({ caseId, record }): Promise<FailingCase> => {
        const outcome = await fitRecord(evaluator, shape, JSON.parse(record));
        return { caseId, errors: 'violations' in outcome ? outcome.violations.slice(0, MAX_ERRORS_PER_CASE) : [] };
      }),
    );
    return { trials, last: records.length < limit ? undefined : records.at(-1)?.no };
  }

  return {
    types,

    async type(name) {
      const found = (await types()).find((type) => type.name === name);
      if (found === undefined) throw new ServiceError('CAMERA_TYPE_NOT_FOUND', 'No camera type has this name.');
      return found;
    },

    async versions(name, below, limit) {
      const versions = await repository.typeVersions(name, below, limit);
      return { versions, next: versions.length < limit ? null : (versions.at(-1)?.version ?? null) };
    },

    async putType(name, definition, by) {
      const stored = (await types()).find((type) => type.name === name);
      if (stored !== undefined && canonicalJson(stored.definition) === canonicalJson(definition)) {
        return { type: stored, isNew: false };
      }
      const put = await repository.putType(name, definition, by);
      await catalogs.refresh();
      return put;
    },

    async tryType(name, definition) {
      const stored = (await types()).find((type) => type.name === name);
      const version = (stored?.version ?? 0) + 1;
      const now = Date.now() / 1_000;
      const shape = createShape({ name, version, definition, createdAt: now, updatedAt: now });
      // Its expressions differ from those of any other trial.
      shape.key = `trial ${randomUUID()}`;
      const failing: FailingCase[] = [];
      let tried = 0;
      let before: number | undefined;
      do {
        const { trials, last } = await tryPage(shape, before);
        tried += trials.length;
        failing.push(...trials.filter(({ errors }) => errors.length > 0));
        before = last;
      } while (before !== undefined && tried < MAX_TRIED);
      return { version, tried, failing };
    },

    async deleteType(name) {
      await repository.deleteType(name);
      await catalogs.refresh();
    },

    async register(camera) {
      const { id } = await ofKnownType(repository.register({ id: randomUUID(), ...camera }));
      return id;
    },

    get: repository.get,

    async list(filter, after, limit) {
      const cameras = await repository.list(filter, after, limit);
      const last = cameras.at(-1);
      return { cameras, next: cameras.length < limit || last === undefined ? null : [last.createdAt, last.id] };
    },

    update: (id, changes) => ofKnownType(repository.update(id, changes)),
    remove: repository.delete,

    async renewToken(id) {
      const { token, hash } = makeToken();
      await repository.setToken(id, hash);
      return token;
    },

    catalog: catalogs.current,

    async latestCatalog(known) {
      return (await repository.catalogVersion()) === known.version ? known : catalogs.refresh();
    },

    fit: (shape, record) => fitRecord(evaluator, shape, record),
  };
}
