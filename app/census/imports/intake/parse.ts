import type { DateNumber } from '../../../calendar.js';
import { type ErrorCode, ServiceError, type Violation } from '../../../errors.js';
import { emptyBody, malformedJson, notUtf8 } from '../../../http/bodies/body.js';
import { DECODINGS } from '../../../http/bodies/content_encoding.js';
import { guessForeign, HEAD_BYTES } from '../../../http/bodies/foreign_bytes.js';
import { isBlankText } from '../../../http/bodies/text_start.js';
import { createUtf8Check } from '../../../http/bodies/utf8_check.js';
import { MalformedJson } from '../../../http/json/json_scan.js';
import { createCsvFormatReader, createJsonReader, createNdjsonReader } from '../reading/format_readers.js';
import { createCitizenSink, type SinkChunk } from './citizen_sink.js';

/** The format of a body. */
export type ImportFormat = 'json' | 'ndjson' | 'csv';

export type ParseOptions = {
  format: ImportFormat;
  today: DateNumber;
  /** false: the import is only checked, and no rows are handed out. */
  storesRows: boolean;
  /** Keep every violation as a line of JSON, not only the first hundred. */
  reportsAll: boolean;
  /** false: every citizen is read by JSON.parse and Ajv, with the same outcome. For tests. */
  readsQuickly?: boolean;
  /** Read plain citizens in WebAssembly, with the same outcome. */
  scan?: boolean;
};

/** Plain data: it is sent between threads. */
export type RefusedImport = {
  code: ErrorCode;
  detail: string;
  violations: readonly Violation[];
  violationCount: number;
  /** Lines of JSON, in pieces; only with `reportsAll`. */
  report?: Uint8Array<ArrayBuffer>[];
};
export type CountedImport = { citizenCount: number; bytes: number };
export type ParseOutcome = CountedImport | RefusedImport;
/** `bytes`: of the body, since the previous chunk. */
export type RowChunk = SinkChunk & { bytes: number };

type ImportParse = {
  /**
   * Takes the next bytes of the body; `isLast`: no more follow. Returns the outcome once it is known, which may be before
   * the last bytes; after that nothing may be pushed. Never throws because of the body's content.
   */
  push(bytes: Buffer, isLast: boolean): Promise<ParseOutcome | undefined>;
  /** Memory held between two pushes, and needed by the last one. */
  heldBytes(): number;
  /** Gives memory back. Nothing may be pushed afterwards. */
  close(): void;
};

function toRefusal(reason: unknown, report: Uint8Array<ArrayBuffer>[] | undefined): RefusedImport {
  const error = reason instanceof MalformedJson ? malformedJson(reason) : reason;
  if (!(error instanceof ServiceError)) throw error;
  const { code, message: detail, violations = [], violationCount } = error;
  return { code, detail, violations, violationCount, ...(code === 'INVALID_INPUT' && report && { report }) };
}

/**
 * Turns an import's bytes, which come in pieces of any size, into rows: checks UTF-8, format, shape and the rules across
 * records. Chunks of rows are handed out while no violation was found; they count only if the outcome is good. Needs
 * memory for the longest record, and about 50 bytes per citizen.
 */
export function createImportParse(options: ParseOptions, onChunk: (chunk: RowChunk) => void): ImportParse {
  const { format, today, readsQuickly = true, scan = false, storesRows, reportsAll } = options;
  let receivedBytes = 0;
  let toldBytes = 0;
  const sink = createCitizenSink(
    { today, storesRows, reportsAll, scan: scan && format !== 'csv' ? { hasLines: format === 'ndjson' } : undefined },
    (chunk) => {
      onChunk({ ...chunk, bytes: receivedBytes - toldBytes });
      toldBytes = receivedBytes;
    },
  );
  const utf8 = createUtf8Check();
  const reader = {
    json: () => createJsonReader(sink, { today, readsQuickly }),
    ndjson: () => createNdjsonReader(sink, { today, readsQuickly }),
    csv: () => createCsvFormatReader(sink),
  }[format]();
  let isBlank = true;
  /** The first bytes of the body. */
  let head: Buffer = Buffer.alloc(0);

  function requireUtf8(bytes: Buffer, offset: number, isLast: boolean): void {
    if (head.length < HEAD_BYTES) head = Buffer.concat([head, bytes.subarray(0, HEAD_BYTES)]).subarray(0, HEAD_BYTES);
    const fault = utf8.push(bytes) ?? (isLast ? utf8.end() : undefined);
    if (fault === undefined) return;
    // A character that is split between two pieces begins before these bytes.
    throw notUtf8(fault, guessForeign(head, bytes.subarray(Math.max(0, fault - offset)), DECODINGS));
  }

  async function read(bytes: Buffer, isLast: boolean): Promise<ParseOutcome | undefined> {
    const offset = receivedBytes;
    receivedBytes += bytes.length;
    requireUtf8(bytes, offset, isLast);
    isBlank &&= isBlankText(bytes, offset);
    if (isBlank && isLast) throw emptyBody();
    await reader.push(bytes, isLast);
    return isLast ? { citizenCount: sink.finish(), bytes: receivedBytes } : undefined;
  }

  return {
    async push(bytes, isLast) {
      try {
        return await read(bytes, isLast);
      } catch (reason) {
        return toRefusal(reason, sink.report());
      }
    },
    heldBytes: () => sink.heldBytes() + reader.heldBytes(),
    close: sink.close,
  };
}
