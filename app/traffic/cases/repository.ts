import type { Client } from '../../db/client.js';
import { ByteParts } from '../../db/wire/byte_parts.js';
import { decodeStringBytes } from '../../db/wire/msgpack.js';
import type { CaseValues } from '../cameras/service.js';
import type { Place } from '../cursor.js';
import { type Case, type CasePhoto, caseFrom, type WholeCase, wholeCaseFrom } from './case.js';
import { CASE_PROCEDURES as P } from './procedures.js';

/** A case to be stored. `digest`: of camera, photo and record. `record`: JSON text. */
type NewCase = CaseValues & {
  caseId: string;
  type: string;
  version: number;
  photo: CasePhoto;
  digest: string;
  record: string;
  sentBy: string | undefined;
};

/** A photo's bytes in their order, or the number under which its pieces were staged. */
export type PhotoSource = { parts: readonly Buffer[] } | { no: number };

/** `refused`: codes of tarantool/traffic/cases/create.lua. `changed`: the catalog has another version. */
type CreateOutcome =
  | { kind: 'stored' | 'repeated'; case: Case }
  | { kind: 'refused'; faults: string[] }
  | { kind: 'changed' };

/** `from` <= timestamp < `to`, in seconds since 1970. */
export type CaseFilter = {
  status?: string | undefined;
  camera?: string | undefined;
  violation?: string | undefined;
  transport?: string | undefined;
  from?: number | undefined;
  to?: number | undefined;
};

/** The result of a recount: the first hundred of the kept counts that are wrong. */
export type CaseCheck = {
  cases: number;
  counts: number;
  wrongCounts: number;
  differences: { kind: string; key: string; kept: number; counted: number }[];
};

export type CaseStatus = { status: string; at: number; by: string };

/** All methods throw ServiceError. */
export type CasesRepository = {
  /** A repeat within `repeatS` seconds is answered with the case that is there. */
  create(
    stored: NewCase,
    photo: PhotoSource,
    limits: { catalogVersion: number; repeatS: number },
  ): Promise<CreateOutcome>;
  /** Writes bytes of a photo from the piece `place` on; all but the last of it are whole pieces. Returns its number. */
  stage(no: number | undefined, place: number, parts: readonly Buffer[]): Promise<number>;
  discard(no: number): Promise<void>;
  /** CASE_NOT_FOUND */
  get(caseId: string): Promise<WholeCase>;
  /** Newest first. Fewer than `limit` may be found although there are more: then `next` is a place. */
  list(
    filter: CaseFilter,
    after: Place<number> | undefined,
    limit: number,
  ): Promise<{ cases: WholeCase[]; next: Place<number> | null }>;
  /** The statuses after the first, oldest first. CASE_NOT_FOUND */
  history(caseId: string): Promise<{ case: Case; later: CaseStatus[] }>;
  /** A piece of PHOTO_PIECE_BYTES, or the last one. */
  photoPiece(no: number, place: number): Promise<Buffer>;
  stats(kind: string, after: string | undefined, limit: number): Promise<[key: string, count: number][]>;
  /** CHECK_UNDER_WAY */
  recount(): Promise<CaseCheck>;
};

/** As in tarantool/traffic/cases/photos.lua. */
export const PHOTO_PIECE_BYTES = 256 * 1024;

/** Photos of 16 MiB wait behind each other's writes to the disk. */
const WRITE_DEADLINE_MS = 60_000;
/** A recount goes over all cases in pieces, a million in some seconds on an idle machine. */
const RECOUNT_DEADLINE_MS = 600_000;

function known<Values extends object>(values: Values): { [Key in keyof Values]: Exclude<Values[Key], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

export function createCasesRepository(db: Client): CasesRepository {
  return {
    async create(stored, photo, { catalogVersion, repeatS }) {
      const tuple = [
        stored.caseId,
        stored.transport,
        stored.cameraId,
        stored.violationId,
        stored.violationValue,
        stored.skillValue,
        stored.timestamp,
        stored.type,
        stored.version,
        stored.photo.sha256,
        stored.photo.bytes,
        stored.photo.type,
        stored.digest,
        stored.sentBy ?? '',
      ] as const;
      const source = 'parts' in photo ? new ByteParts(photo.parts) : photo.no;
      const [kind, what] = await db.call(P.createCase, [catalogVersion, tuple, stored.record, source, repeatS], {
        deadlineMs: WRITE_DEADLINE_MS,
      });
      if (kind === 'changed') return { kind };
      if (kind === 'refused') return { kind, faults: what };
      return { kind, case: caseFrom(what) };
    },

    async stage(no, place, parts) {
      const options = { deadlineMs: WRITE_DEADLINE_MS };
      return (await db.call(P.stagePhoto, [no ?? null, place, new ByteParts(parts)], options))[0];
    },

    async discard(no) {
      await db.call(P.discardPhoto, [no]);
    },

    async get(caseId) {
      return wholeCaseFrom((await db.call(P.getCase, [caseId]))[0]);
    },

    async list(filter, after, limit) {
      const [found, next] = await db.call(P.listCases, [known(filter), after ?? null, limit]);
      return { cases: found.map(wholeCaseFrom), next };
    },

    async history(caseId) {
      const [row, entries] = await db.call(P.caseHistory, [caseId]);
      return { case: caseFrom(row), later: entries.map(([status, at, by]) => ({ status, at, by })) };
    },

    async photoPiece(no, place) {
      const [packed] = await db.call(P.photoPiece, [no, place]);
      return decodeStringBytes(packed, 0);
    },

    async stats(kind, after, limit) {
      return (await db.call(P.caseStats, [kind, after ?? null, limit]))[0];
    },

    async recount() {
      const [cases, counts, wrongCounts, found] = await db.call(P.recountCases, [], {
        deadlineMs: RECOUNT_DEADLINE_MS,
      });
      const differences = found.map(([kind, key, kept, counted]) => ({ kind, key, kept, counted }));
      return { cases, counts, wrongCounts, differences };
    },
  };
}
