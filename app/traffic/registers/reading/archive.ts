import { type UnzipFileInfo, unzipSync } from 'fflate';
import { FileRefusal } from './refusal.js';

/**
 * 100,000 owners take 60 MB of XML. The unzipper allots the length that an entry names and writes no further, so these
 * lengths bound its memory.
 */
const MAX_INFLATED_BYTES = 128 * 1024 * 1024;
/** XML of sheets shrinks by a factor of 10 to 40; deflate can reach 1,032. */
const MAX_RATIO = 250;
/** Shorter entries may have any ratio. */
const FREE_BYTES = 1024 * 1024;
const MAX_ENTRIES = 2_000;

const MACROS = /(?:^|\/)(?:vbaProject\.bin|macrosheets\/)/i;

function bomb(detail: string): FileRefusal {
  return new FileRefusal('BODY_TOO_LARGE', `${detail}. Nothing was stored.`);
}

/**
 * Looks at the list of a ZIP archive, without inflating anything.
 * @throws FileRefusal for a list that is damaged, of too much data, or of a workbook with macros
 */
export function checkArchive(bytes: Uint8Array): void {
  let total = 0;
  let entries = 0;
  let fault: FileRefusal | undefined;
  function look({ name, size, originalSize }: UnzipFileInfo): boolean {
    entries++;
    total += originalSize;
    if (MACROS.test(name)) {
      fault ??= new FileRefusal('UNSUPPORTED_FILE', 'Workbooks with macros are not read: save it as .xlsx.');
    }
    if (originalSize > FREE_BYTES && originalSize > size * MAX_RATIO) {
      fault ??= bomb('A part of the workbook is compressed more than any sheet is');
    }
    return false;
  }
  try {
    unzipSync(bytes, { filter: look });
  } catch (cause) {
    throw new FileRefusal('MALFORMED_WORKBOOK', `The file is no ZIP archive: ${(cause as Error).message}.`);
  }
  if (total > MAX_INFLATED_BYTES) fault ??= bomb(`Unpacked, the workbook has more than ${MAX_INFLATED_BYTES} bytes`);
  if (entries > MAX_ENTRIES) fault ??= bomb(`The workbook has more than ${MAX_ENTRIES} parts`);
  if (fault !== undefined) throw fault;
}
