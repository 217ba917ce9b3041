import { setImmediate } from 'node:timers/promises';
import { CsvError, type InfoRecord, type Parser, parse } from 'csv-parse';
import { ServiceError, type Violation } from '../../../errors.js';
import { NEWLINE, skipRun } from '../../../http/json/json_bytes.js';
import { pointerBelow } from '../../../http/violations.js';
import { CITIZEN_FIELDS } from '../../citizens/model/fields.js';
import { type CsvDialect, readCsvDialect } from './csv_dialect.js';
import { memoryOf } from './json_scanner.js';

/** Reads the citizens of a CSV import (RFC 4180, or as Excel writes it), row by row as the bytes come. */
type CsvReader = {
  /**
   * Takes the next bytes, a piece of any size. They must be UTF-8 and must not change until the next piece was taken.
   * @throws ServiceError MALFORMED_CSV, and what `onRecord` and `onFault` throw
   */
  push(bytes: Buffer): Promise<void>;
  /** @throws the same, and ServiceError EMPTY_BODY when the body had only a byte order mark and empty lines */
  end(): Promise<void>;
  /** Memory of an incomplete record. */
  heldBytes(): number;
};

/** `byteOffset` (from 0) and `line` (from 1) are those of the beginning of the record. */
type OnCsvRecord = (citizen: unknown, byteOffset: number, line: number) => void;
/** `isRecord`: the violation replaces a record; otherwise it is about the header, and no records follow. */
type OnCsvFault = (violation: Violation, isRecord: boolean) => void;

const COLUMNS: readonly string[] = CITIZEN_FIELDS;
/** A citizen has five texts of up to 256 characters; the rest is for its relatives. */
const MAX_RECORD_BYTES = 1024 * 1024;
/** The parser takes 0.5 us for an empty line; 4 GiB of empty lines would block a thread for half an hour. */
const MAX_EMPTY_LINES = 1_000_000;
const CARRIAGE_RETURN = 0x0d;
/** About 500 records, 4 ms: the longest that other imports wait for the thread. */
const SLICE_BYTES = 64 * 1024;

const DIGITS = /^[0-9]+$/;
const NEWLINES = /\n/g;

/** One violation instead of one for each unknown and each missing column. */
const NO_HEADER = {
  code: 'NO_HEADER',
  detail: `must name the columns, with a comma, a semicolon or a tab between them: ${COLUMNS.join()}`,
};

const WORDS: Readonly<Partial<Record<CsvError['code'], string>>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is not closed',
  CSV_INVALID_CLOSING_QUOTE: 'something follows a closing quote',
  INVALID_OPENING_QUOTE: 'a quote stands in a field that does not begin with one',
};

function malformedCsv(what: string, line: number): ServiceError {
  return new ServiceError('MALFORMED_CSV', `The body is not CSV: ${what}, in the record that begins at line ${line}.`);
}

/** A number when the text has digits only; otherwise the text, which the shape rules refuse. */
function toInteger(text: string): number | string {
  return DIGITS.test(text) ? Number(text) : text;
}

function toRelatives(text: string): (number | string)[] {
  return text === '' ? [] : text.split(';').map(toInteger);
}

/** Conversions of the text of a field; the other fields are texts. */
const CONVERSIONS: Readonly<Record<string, (text: string) => unknown>> = {
  citizen_id: toInteger,
  apartment: toInteger,
  relatives: toRelatives,
};

/** The faults of a header row, which must have each of the nine names once, in any order. */
function* headerFaults(names: readonly string[]): Iterable<Pick<Violation, 'pointer' | 'code' | 'detail'>> {
  if (!names.some((name) => COLUMNS.includes(name))) {
    yield { pointer: '/header', ...NO_HEADER };
    return;
  }
  const seen = new Set<string>();
  for (const name of names) {
    const pointer = pointerBelow('/header', name);
    if (!COLUMNS.includes(name)) yield { pointer, code: 'UNKNOWN_FIELD', detail: 'is not a known field' };
    else if (seen.has(name)) yield { pointer, code: 'REPEATED_FIELD', detail: 'is there twice' };
    seen.add(name);
  }
  for (const name of COLUMNS) {
    if (!seen.has(name)) yield { pointer: `/header/${name}`, code: 'REQUIRED', detail: 'is required' };
  }
}

function newlinesIn(fields: readonly string[]): number {
  let count = 0;
  for (const field of fields) if (field.includes('\n')) count += field.match(NEWLINES)?.length ?? 0;
  return count;
}

/**
 * Hands out each complete record as the object that JSON would give; a record with too few or too many fields is reported
 * instead. Keeps at most one record in memory. Empty lines are skipped.
 */
export function createCsvReader(onRecord: OnCsvRecord, onFault: OnCsvFault): CsvReader {
  let header: readonly string[] | undefined;
  let hasHeaderFault = false;
  /** The first bytes, until the dialect is known. */
  let head: Buffer = Buffer.alloc(0);
  let parser: Parser | undefined;
  let delimiter = ',';
  /**
   * The difference between the parser's offsets and those of the body: the parser gets neither the first bytes nor
   * empty lines.
   */
  let parserOffset = 0;
  let place = 0;
  let takenBytes = 0;
  let emptyLines = 0;
  /** Beginning of the current record. */
  let byteOffset = 0;
  let line = 1;

  function takeHeader(fields: readonly string[]): void {
    header = fields;
    for (const fault of headerFaults(fields)) {
      hasHeaderFault = true;
      onFault({ ...fault, line, byteOffset }, false);
    }
  }

  function takeRecord(fields: readonly string[], names: readonly string[]): void {
    const pointer = `/citizens/${place++}`;
    if (fields.length !== names.length) {
      const isCutRelatives = delimiter === ';' && fields.length > names.length;
      const advice = isCutRelatives ? '; several relatives stand in quotes where ; separates the fields: "2;3"' : '';
      const detail = `has ${fields.length} fields where the header has ${names.length}${advice}`;
      onFault({ pointer, code: 'WRONG_FIELD_COUNT', detail, line, byteOffset }, true);
      return;
    }
    const citizen: Record<string, unknown> = {};
    names.forEach((name, column) => {
      const text = fields[column] as string;
      citizen[name] = CONVERSIONS[name]?.(text) ?? text;
    });
    onRecord(citizen, byteOffset, line);
  }

  function take(fields: readonly string[], { bytes }: Pick<InfoRecord, 'bytes'>): null {
    const end = parserOffset + bytes;
    requireSize(end);
    const isEmptyLine = fields.length === 1 && fields[0] === '';
    if (isEmptyLine && ++emptyLines > MAX_EMPTY_LINES) {
      throw malformedCsv(`more than ${MAX_EMPTY_LINES} empty lines`, line);
    }
    if (!isEmptyLine && !hasHeaderFault) {
      if (header === undefined) takeHeader(fields);
      else takeRecord(fields, header);
    }
    byteOffset = end;
    line += 1 + newlinesIn(fields);
    forgetLength();
    // Otherwise the parser would collect the records.
    return null;
  }

  function requireSize(end: number): void {
    if (end - byteOffset > MAX_RECORD_BYTES) throw malformedCsv('more than 1 MiB without an end', line);
  }

  /**
   * The parser compares the length of each record with the first one's, and makes an error object for each difference,
   * which nobody reads: 45 µs, where a record takes 1, so that 64 KB of empty lines blocked the thread for 3 s.
   */
  function forgetLength(): void {
    if (parser !== undefined) (parser.info as { records: number }).records = 0;
  }

  function startParser(dialect: CsvDialect): Parser {
    ({ delimiter, start: parserOffset, line } = dialect);
    byteOffset = parserOffset;
    takenBytes = parserOffset;
    const started = parse({
      delimiter,
      // Both: when the parser detects one in the first line, the other one becomes part of the last field.
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      on_record: take,
    });
    // Errors are returned by the write; without a listener they would also end the process.
    started.on('error', () => {});
    return started;
  }

  /** The parser and its bytes, once the dialect is known. */
  function begin(bytes: Buffer, isWhole: boolean): { parser: Parser; bytes: Buffer } | undefined {
    if (parser !== undefined) return { parser, bytes };
    head = head.length === 0 ? bytes : Buffer.concat([head, bytes]);
    const dialect = readCsvDialect(head, isWhole);
    if (dialect === undefined) return undefined;
    parser = startParser(dialect);
    const rest = head.subarray(dialect.start);
    head = Buffer.alloc(0);
    return { parser, bytes: rest };
  }

  async function write(begun: { parser: Parser; bytes: Buffer } | undefined): Promise<void> {
    if (begun === undefined) return;
    const { parser, bytes } = begun;
    for (let at = skipEmptyLines(bytes, 0); at < bytes.length && !hasHeaderFault; at = skipEmptyLines(bytes, at)) {
      if (at > 0) await setImmediate();
      const slice = bytes.subarray(at, at + SLICE_BYTES);
      await settled((done) => parser.write(slice, done));
      at += slice.length;
      takenBytes += slice.length;
      requireSize(takenBytes);
    }
  }

  /** Waits for one call of the parser. @throws ServiceError, or what `onRecord` and `onFault` threw */
  async function settled(call: (done: (error?: Error | null) => void) => void): Promise<void> {
    const error = await new Promise<Error | null | undefined>((resolve) => call(resolve));
    if (error === undefined || error === null) return;
    // Bytes after a wrong header row are not read.
    if (error instanceof CsvError && hasHeaderFault) return;
    throw error instanceof CsvError ? malformedCsv(WORDS[error.code] ?? 'it cannot be read', line) : error;
  }

  /** Between two records: skips the empty lines at `start`, so that the parser does not see them. */
  function skipEmptyLines(bytes: Buffer, start: number): number {
    if (takenBytes > byteOffset) return start;
    let at = start;
    for (;;) {
      if (bytes[at] === NEWLINE) {
        const end = skipRun(bytes, at) + 1;
        line += end - at;
        at = end;
      } else if (bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === NEWLINE) {
        line++;
        at += 2;
      } else {
        parserOffset += at - start;
        takenBytes += at - start;
        byteOffset = takenBytes;
        return at;
      }
    }
  }

  return {
    push: (bytes) => write(begin(bytes, false)),
    async end() {
      await write(begin(Buffer.alloc(0), true));
      if (hasHeaderFault) return;
      await settled((done) => parser?.end(done));
      if (header === undefined) {
        throw new ServiceError('EMPTY_BODY', 'The body is empty; please send CSV with a header row.');
      }
    },
    // The bytes, and the texts made of them.
    heldBytes: () => memoryOf(head) + 3 * (takenBytes - byteOffset),
  };
}
