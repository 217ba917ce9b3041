import type { DateNumber } from '../../../calendar.js';
import { skipBlanks } from '../../../http/json/json_bytes.js';
import { parseScanned } from '../../../http/json/json_parse.js';
import { jsonFaultText, MalformedJson, scanValue } from '../../../http/json/json_scan.js';
import { pointerBelow } from '../../../http/violations.js';
import type { CitizenSink } from '../intake/citizen_sink.js';
import { type CitizenReader, createCitizenReader } from './citizen_reader.js';
import { createCsvReader } from './csv_reader.js';
import { createImportScanner, type ImportVisitor } from './json_scanner.js';
import { createLineScanner } from './ndjson_scanner.js';

/**
 * The longest record that can be stored has 4 MB: 840,000 relatives of 5 bytes each, which have 11 characters in JSON.
 */
const MAX_RECORD_BYTES = 12 * 1024 * 1024;

/** Reads the citizens in the bytes of a body, which are UTF-8, and gives them to the sink. */
type FormatReader = {
  /** `isLast`: no more bytes follow. @throws MalformedJson, ServiceError */
  push(bytes: Buffer, isLast: boolean): void | Promise<void>;
  /** Memory of the bytes kept for the next push. */
  heldBytes(): number;
};

type ReaderOptions = {
  today: DateNumber;
  /** false: every citizen is read by JSON.parse and Ajv, with the same outcome. For tests. */
  readsQuickly: boolean;
};

/** Faults outside the citizens. */
const FAULTS: Readonly<Record<Parameters<ImportVisitor['fault']>[0], { code: string; detail: string }>> = {
  notAnObject: { code: 'WRONG_TYPE', detail: 'must be of type object' },
  notAnArray: { code: 'WRONG_TYPE', detail: 'must be of type array' },
  missing: { code: 'REQUIRED', detail: 'is required' },
  unknownKey: { code: 'UNKNOWN_FIELD', detail: 'is not a known field' },
  repeatedKey: { code: 'REPEATED_FIELD', detail: 'is there twice' },
};
const TOO_LONG = {
  pointer: '',
  code: 'TOO_COMPLEX',
  detail: `has something longer than ${MAX_RECORD_BYTES} bytes; nothing after it was read`,
};

/** `{"citizens": [ ... ]}` */
export function createJsonReader(sink: CitizenSink, { today, readsQuickly }: ReaderOptions): FormatReader {
  let bytes: Buffer = Buffer.alloc(0);
  let offset = 0;
  let reader: CitizenReader;
  return createImportScanner(
    {
      window(window, windowOffset) {
        bytes = window;
        offset = windowOffset;
        reader = createCitizenReader(window, today, sink.writer);
        sink.window(window, windowOffset);
      },
      quick(start) {
        const plain = sink.readPlain(start);
        if (plain !== undefined) return plain.end;
        const end = readsQuickly ? reader.read(start) : -1;
        if (end >= 0) sink.addRead(reader, offset + start);
        return end;
      },
      citizen(start, value) {
        if (value.isTooComplex) sink.addUnread(offset + start);
        else sink.addValue(parseScanned(bytes, start, value), offset + start);
      },
      fault(kind, key) {
        sink.fault({ pointer: key === undefined ? '' : pointerBelow('', key), ...FAULTS[kind] });
      },
      tooLong: () => sink.giveUp(TOO_LONG),
    },
    MAX_RECORD_BYTES,
  );
}

/** One citizen per line; blank lines are skipped. A line that is not JSON is a violation, and reading continues. */
export function createNdjsonReader(sink: CitizenSink, { today, readsQuickly }: ReaderOptions): FormatReader {
  let bytes: Buffer = Buffer.alloc(0);
  let offset = 0;
  let reader: CitizenReader;

  function readSlowly(start: number, end: number, line: number): void {
    try {
      const text = bytes.subarray(0, end);
      const value = scanValue(text, start);
      const rest = skipBlanks(text, value.end);
      if (rest < end) throw new MalformedJson(rest);
      if (value.isTooComplex) sink.addUnread(offset + start, line);
      else sink.addValue(parseScanned(bytes, start, value), offset + start, line);
    } catch (reason) {
      if (!(reason instanceof MalformedJson)) throw reason;
      const detail = `must be JSON: ${jsonFaultText(reason.movedBy(offset))}`;
      sink.addUnread(offset + start, line, { code: 'NOT_JSON', detail });
    }
  }

  return createLineScanner(
    {
      window(window, windowOffset) {
        bytes = window;
        offset = windowOffset;
        reader = createCitizenReader(window, today, sink.writer);
        sink.window(window, windowOffset);
      },
      quick(start, line) {
        return sink.readPlain(start, line);
      },
      line(start, end, line) {
        const readTo = readsQuickly ? reader.read(start, end) : -1;
        if (readTo >= 0) sink.addRead(reader, offset + start, line);
        else readSlowly(start, end, line);
      },
      tooLong: () => sink.giveUp(TOO_LONG),
    },
    MAX_RECORD_BYTES,
  );
}

/** A header row, then one citizen per row. */
export function createCsvFormatReader(sink: CitizenSink): FormatReader {
  const reader = createCsvReader(sink.addValue, (violation, isRecord) => {
    if (isRecord) sink.addUnread(violation.byteOffset ?? 0, violation.line, violation);
    else sink.fault(violation);
  });
  return {
    async push(bytes, isLast) {
      await reader.push(bytes);
      if (isLast) await reader.end();
    },
    heldBytes: reader.heldBytes,
  };
}
