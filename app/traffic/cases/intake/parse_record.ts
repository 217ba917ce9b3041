import { ServiceError } from '../../../errors.js';
import { BinaryFault, decodeBinary, hasBinaryLength } from '../model/binary_form.js';

/** JSON.stringify and the validators go down into what is nested. */
const MAX_LEVELS = 32;

const utf8 = new TextDecoder('utf-8', { fatal: true });

function malformed(why: string): ServiceError {
  return new ServiceError('MALFORMED_RECORD', `The record cannot be read: ${why}. Nothing was stored.`);
}

function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= MAX_LEVELS; depth++) {
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
    if (level.length === 0) return false;
  }
  return true;
}

/** Undefined when the bytes are no JSON. */
function parseJsonText(bytes: Buffer): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(utf8.decode(bytes)) };
  } catch {
    return undefined;
  }
}

/**
 * Reads a record in JSON or in the binary form; it is binary when its outer length fits exactly.
 * @throws ServiceError MALFORMED_RECORD
 */
export function parseRecord(bytes: Buffer): unknown {
  const isBinary = hasBinaryLength(bytes);
  let fault = 'it is not JSON in UTF-8, nor is it in the binary form';
  if (isBinary) {
    try {
      return decodeBinary(bytes);
    } catch (reason) {
      if (!(reason instanceof BinaryFault)) throw reason;
      fault = reason.message;
    }
  }
  // A JSON text may begin with two characters that are its length.
  const parsed = parseJsonText(bytes);
  if (parsed === undefined) throw malformed(fault);
  if (isTooDeep(parsed.value)) throw malformed(`it has more than ${MAX_LEVELS} levels`);
  return parsed.value;
}
