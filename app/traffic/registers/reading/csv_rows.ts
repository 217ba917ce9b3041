import { parse } from 'csv-parse/sync';
import type { Cell } from '../model/rows.js';
import { FileRefusal } from './refusal.js';

const MAX_RECORD_CHARACTERS = 1024 * 1024;

/** The separator that the first line has more of, outside quotes. */
function separatorOf(text: string): ',' | ';' {
  const [line = ''] = text.split(/\r?\n|\r/, 1);
  const bare = line.replaceAll(/"[^"]*"/g, '');
  return bare.split(';').length > bare.split(',').length ? ';' : ',';
}

/** @throws FileRefusal for bytes that are not UTF-8 */
function toText(bytes: Uint8Array): string {
  try {
    // Leaves out a byte order mark.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FileRefusal(
      'INVALID_UTF8',
      'The file is neither a workbook (.xlsx) nor CSV in UTF-8. Nothing was stored.',
    );
  }
}

/**
 * The records of a CSV (RFC 4180) with commas or semicolons.
 * @throws FileRefusal
 */
export function readCsv(bytes: Uint8Array): Cell[][] {
  const text = toText(bytes);
  if (text.includes('\0')) throw new FileRefusal('UNSUPPORTED_FILE', 'The file is neither a workbook (.xlsx) nor CSV.');
  try {
    return parse(text, {
      delimiter: separatorOf(text),
      relax_column_count: true,
      skip_empty_lines: false,
      max_record_size: MAX_RECORD_CHARACTERS,
    }) as string[][];
  } catch (cause) {
    throw new FileRefusal('MALFORMED_CSV', `The file is not CSV: ${(cause as Error).message}. Nothing was stored.`);
  }
}
