import type { MsgpackMap, MsgpackValue } from '../../db/wire/msgpack.js';
import type { CaseTuple } from './model/case_tuple.js';
import type { DescribedCase } from './procedures.js';

/** `type`: of the media. */
export type CasePhoto = { sha256: string; bytes: number; type: string };

/** Times are in seconds since 1970. `no`: for procedures. `sentBy`: a user; undefined for the camera itself. */
export type Case = {
  no: number;
  caseId: string;
  transport: string;
  cameraId: string;
  violationId: string;
  violationValue: string;
  skillValue: number;
  timestamp: number;
  status: string;
  statusAt: number;
  createdAt: number;
  type: string;
  version: number;
  photo: CasePhoto;
  sentBy: string | undefined;
};

type PlainObject = { [key: string]: PlainValue };
type PlainValue = null | boolean | number | string | PlainValue[] | PlainObject;

/** With what other rooms know of it. */
export type WholeCase = Case & { owner: PlainObject | null; votes: PlainObject | null };

function toPlain(value: MsgpackValue): PlainValue {
  if (value instanceof Map) return toObject(value);
  if (Array.isArray(value)) return value.map(toPlain);
  return value instanceof Uint8Array ? null : value;
}

function toObject(map: MsgpackMap): PlainObject {
  return Object.fromEntries([...map].map(([key, value]) => [String(key), toPlain(value)]));
}

export function caseFrom(tuple: CaseTuple): Case {
  const [no, caseId, transport, cameraId, violationId, violationValue, skillValue, timestamp, status, ...rest] = tuple;
  const [statusAt, createdAt, type, version, sha256, bytes, photoType, , sentBy] = rest;
  return {
    no,
    caseId,
    transport,
    cameraId,
    violationId,
    violationValue,
    skillValue,
    timestamp,
    status,
    statusAt,
    createdAt,
    type,
    version,
    photo: { sha256, bytes, type: photoType },
    sentBy: sentBy === '' ? undefined : sentBy,
  };
}

export function wholeCaseFrom([row, owner, votes]: DescribedCase): WholeCase {
  return { ...caseFrom(row), owner: owner && toObject(owner), votes: votes && toObject(votes) };
}
