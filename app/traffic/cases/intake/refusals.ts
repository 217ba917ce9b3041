import { MAX_VIOLATIONS, ServiceError, type Violation } from '../../../errors.js';
import type { Shape } from '../../cameras/service.js';

type Refusal = { member: 'camera_id' | 'violation_id' | 'timestamp'; code: string; detail: string };

/** By the codes of tarantool/traffic/cases/create.lua. */
const REFUSALS: readonly Refusal[] = [
  { member: 'camera_id', code: 'UNKNOWN_CAMERA', detail: 'no camera has this id' },
  { member: 'camera_id', code: 'CAMERA_OF_OTHER_TYPE', detail: 'the camera has another type' },
  { member: 'camera_id', code: 'CAMERA_DISABLED', detail: 'the camera is switched off' },
  { member: 'violation_id', code: 'UNKNOWN_VIOLATION', detail: 'no violation has this id' },
  { member: 'timestamp', code: 'FUTURE_TIME', detail: 'is more than 60 s ahead' },
];

/** With these the record may be meant for another type that it fits. */
const MAY_FIT_ANOTHER = new Set(['UNKNOWN_CAMERA', 'CAMERA_OF_OTHER_TYPE']);

export function mayFitAnother(faults: readonly string[]): boolean {
  return faults.some((fault) => MAY_FIT_ANOTHER.has(fault));
}

/** Of a record that fits the shape. */
export function refusedCase(shape: Shape, faults: readonly string[]): ServiceError {
  const violations = REFUSALS.filter(({ code }) => faults.includes(code)).map(({ member, code, detail }): Violation => {
    return { pointer: shape.pointerOf(member), code, detail };
  });
  const detail = `The record is one of type ${shape.name}, but no case can be made of it. Nothing was stored.`;
  return new ServiceError('RECORD_REFUSED', detail, { violations });
}

/**
 * Of a record that fits no type: the faults by type, in place of the list of faults. `meant`: the type of the camera that
 * sent it, which is named and comes first.
 */
export function fitsNoType(
  faultsByType: ReadonlyMap<string, readonly Violation[]>,
  meant: string | undefined,
): ServiceError {
  const entries = [...faultsByType]
    .map(([name, violations]) => [name, violations.slice(0, MAX_VIOLATIONS)] as const)
    .sort(([a], [b]) => Number(b === meant) - Number(a === meant));
  const errorCount = entries.reduce((sum, [, { length }]) => sum + length, 0);
  const reason =
    meant !== undefined && faultsByType.has(meant)
      ? `The record does not fit ${meant}, the type of the camera, nor any other type`
      : 'The record fits no camera type';
  return new ServiceError('RECORD_REFUSED', `${reason}. Nothing was stored.`, {
    members: { errors: Object.fromEntries(entries), errorCount },
  });
}

/** Of a record that names another camera than the one whose token was sent. */
export function otherCamera(): ServiceError {
  return new ServiceError('FORBIDDEN', "The record names another camera than the token's. Nothing was stored.");
}
