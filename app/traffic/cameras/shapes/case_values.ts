import type { Violation } from '../../../errors.js';
import { parseMoment } from '../model/moments.js';
import { isUuid } from '../model/uuid.js';
import { CASE_MEMBERS, type CaseMember } from './definition.js';

/** What expressions make of a record. `timestamp`: seconds since 1970. Ids are in lower case. */
export type CaseValues = {
  transport: string;
  cameraId: string;
  violationId: string;
  violationValue: string;
  skillValue: number;
  timestamp: number;
};

/** What an expression gave; undefined for nothing. */
type RawValues = Readonly<Partial<Record<CaseMember, unknown>>>;

export type CaseOutcome = { values: CaseValues } | { violations: readonly Violation[] };

const MAX_TRANSPORT_LENGTH = 64;
const MAX_VALUE_LENGTH = 256;
/** 9999-12-31, the last day that four digits can say. */
const MAX_SECONDS = 253_402_300_799;

type Fault = Pick<Violation, 'code' | 'detail'>;
type Read = { value: string | number } | { fault: Fault };

function textOf(maxLength: number) {
  return (value: unknown): Read => {
    if (typeof value !== 'string') return { fault: { code: 'WRONG_TYPE', detail: 'must be a text' } };
    if (value === '') return { fault: { code: 'TOO_SHORT', detail: 'must have at least 1 character' } };
    if (!value.isWellFormed()) return { fault: { code: 'LONE_SURROGATE', detail: 'has half of a surrogate pair' } };
    const isTooLong = [...value].length > maxLength;
    return isTooLong ? { fault: { code: 'TOO_LONG', detail: `must have at most ${maxLength} characters` } } : { value };
  };
}

function readUuid(value: unknown): Read {
  if (typeof value === 'string' && isUuid(value)) return { value: value.toLowerCase() };
  return { fault: { code: 'WRONG_FORM', detail: 'must be a UUID' } };
}

function readSkill(value: unknown): Read {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 100) return { value };
  return { fault: { code: 'OUT_OF_RANGE', detail: 'must be a whole number from 1 to 100' } };
}

function readTime(value: unknown): Read {
  const seconds = typeof value === 'string' ? parseMoment(value) : value;
  if (typeof seconds === 'number' && seconds >= 0 && seconds <= MAX_SECONDS) return { value: seconds };
  const detail = 'must be a date and time in ISO 8601 with an offset, or seconds, from 1970 on';
  return { fault: { code: 'WRONG_FORM', detail } };
}

const READERS: Readonly<Record<CaseMember, (value: unknown) => Read>> = {
  transport: textOf(MAX_TRANSPORT_LENGTH),
  camera_id: readUuid,
  violation_id: readUuid,
  violation_value: textOf(MAX_VALUE_LENGTH),
  skill_value: readSkill,
  timestamp: readTime,
};

function readMember(member: CaseMember, raw: RawValues): Read {
  const value = raw[member];
  if (value !== undefined && value !== null) return READERS[member](value);
  return { fault: { code: 'REQUIRED', detail: `is required: the expression for ${member} gives nothing` } };
}

/** Checks what the expressions of a type made of a record. `pointerOf`: where in the record a value comes from. */
export function readCaseValues(raw: RawValues, pointerOf: (member: CaseMember) => string): CaseOutcome {
  const values: Partial<Record<CaseMember, string | number>> = {};
  const violations: Violation[] = [];
  for (const member of CASE_MEMBERS) {
    const read = readMember(member, raw);
    if ('value' in read) values[member] = read.value;
    else violations.push({ pointer: pointerOf(member), ...read.fault });
  }
  if (violations.length > 0) return { violations };
  return {
    values: {
      transport: values.transport as string,
      cameraId: values.camera_id as string,
      violationId: values.violation_id as string,
      violationValue: values.violation_value as string,
      skillValue: values.skill_value as number,
      timestamp: values.timestamp as number,
    },
  };
}
