import { skipBlanks } from './json_bytes.js';
import { replaceChangedNumbers } from './json_numbers.js';
import { MalformedJson, type ScannedValue, scanValue } from './json_scan.js';

/** Parses the value scanned at `start`. Numbers that JSON.parse would change become infinite (`json_numbers.ts`). */
export function parseScanned(bytes: Buffer, start: number, { end, hasOddNumber }: ScannedValue): unknown {
  if (!hasOddNumber) return JSON.parse(bytes.toString('utf8', start, end));
  const json = Buffer.from(bytes.subarray(start, end));
  replaceChangedNumbers(json);
  return JSON.parse(json.toString());
}

/**
 * Parses a complete JSON text in UTF-8 without a byte order mark.
 * @throws MalformedJson
 */
export function parseJson(bytes: Buffer): unknown {
  const start = skipBlanks(bytes, 0);
  const scanned = scanValue(bytes, start);
  const rest = skipBlanks(bytes, scanned.end);
  if (rest < bytes.length) throw new MalformedJson(rest);
  return parseScanned(bytes, start, scanned);
}
