import { createViolationList, invalidInput } from './violations.js';

/** `?name=` of a read, a whole number; undefined when it is not there. @throws ServiceError INVALID_INPUT */
export function readQueryNumber(name: string, given: string | string[] | undefined): number | undefined {
  if (given === undefined) return undefined;
  const value = typeof given === 'string' && /^\d{1,16}$/.test(given) ? Number(given) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  const list = createViolationList('Nothing was read.');
  list.add({ pointer: `/query/${name}`, code: 'OUT_OF_RANGE', detail: 'must be one whole number from 0 to 2^53-1' });
  throw invalidInput(list);
}
