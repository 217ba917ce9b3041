import type { DateNumber } from '../../../calendar.js';
import { type ErrorCode, ServiceError, type Violation } from '../../../errors.js';
import { emptyBody, malformedJson, notUtf8 } from '../../../http/bodies/body.js';
import { DECODINGS } from '../../../http/bodies/content_encoding.js';
import { guessForeign, HEAD_BYTES } from '../../../http/bodies/foreign_bytes.js';
import { isBlankText } from '../../../http/bodies/text_start.js';
import { createUtf8Check } from '../../../http/bodies/utf8_check.js';
import { MalformedJson } from '../../../http/json/json_scan.js';
import type { PackedCounts } from '../across_records/import_counts.js';
import { createCsvFormatReader, createJsonReader, createNdjsonReader } from '../reading/format_readers.js';
import { createCitizenSink } from './citizen_sink.js';
import type { PackedRows } from './row_packer.js';

/** How the citizens of a body are written. */
export type ImportFormat = 'json' | 'ndjson' | 'csv';

export type ParseOptions = {
  format: ImportFormat;
  today: DateNumber;
  /** false: only checks, hands out no rows. */
  storesRows: boolean;
  /** Keeps every violation as a line of JSON, not only the first hundred. */
  reportsAll: boolean;
  /** false makes every citizen go the slow way, by JSON.parse and Ajv; the outcome is the same. */
  readsQuickly?: boolean;
};

/** Plain data, since it crosses from a worker thread. */
export type RefusedImport = {
  code: ErrorCode;
  detail: string;
  violations: readonly Violation[];
  violationCount: number;
  /** Lines of JSON, in pieces; only when asked for. */
  report?: Uint8Array<ArrayBuffer>[];
};
export type CountedImport = { citizenCount: number; bytes: number };
export type ParseOutcome = CountedImport | RefusedImport;
/** Rows on their way to the database, how much further in the body they lead, and some of the whole import's counts. */
export type RowChunk = { rows: PackedRows; bytes: number; counts?: PackedCounts | undefined };

export type ImportParse = {
  /**
   * Takes the next bytes of the body; `isLast`: there are no more. Answers the outcome once it is known, which may be
   * before the last bytes; then nothing more may be pushed. Never throws for what is in the body.
   */
  push(bytes: Buffer, isLast: boolean): Promise<ParseOutcome | undefined>;
  /** Memory that is held between two pushes, and that the last one will need. */
  heldBytes(): number;
};

function toRefusal(reason: unknown, report: Uint8Array<ArrayBuffer>[] | undefined): RefusedImport {
  const error = reason instanceof MalformedJson ? malformedJson(reason) : reason;
  if (!(error instanceof ServiceError)) throw error;
  const { code, message: detail, violations = [], violationCount } = error;
  return { code, detail, violations, violationCount, ...(code === 'INVALID_INPUT' && report && { report }) };
}

/**
 * The whole way from an import's bytes, which come in any pieces, to rows: UTF-8, format, shape, rules across records.
 * Chunks of rows are handed out while nothing is wrong; they are worth something only when the outcome is good. Memory:
 * the longest record, and about 50 bytes a citizen.
 */
export function createImportParse(options: ParseOptions, onChunk: (chunk: RowChunk) => void): ImportParse {
  const { format, today, readsQuickly = true } = options;
  let receivedBytes = 0;
  let toldBytes = 0;
  const sink = createCitizenSink(options, (rows, counts) => {
    onChunk({ rows, bytes: receivedBytes - toldBytes, counts });
    toldBytes = receivedBytes;
  });
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
    // What is cut in two by the border begins before these bytes.
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
  };
}
