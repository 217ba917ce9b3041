import { setImmediate } from 'node:timers/promises';
import { CsvError, type InfoRecord, type Parser, parse } from 'csv-parse';
import { ServiceError, type Violation } from '../../../errors.js';
import { NEWLINE, skipRun } from '../../../http/json/json_bytes.js';
import { pointerBelow } from '../../../http/violations.js';
import { CITIZEN_FIELDS } from '../../citizens/model/fields.js';
import { type CsvDialect, readCsvDialect } from './csv_dialect.js';
import { memoryOf } from './json_scanner.js';

/** Reads the citizens of an import in CSV (RFC 4180, or as Excel writes it), row by row as the bytes come. */
export type CsvReader = {
  /**
   * Takes the next bytes, in pieces of any size; they must be UTF-8, and must stay as they are until the one after them was
   * taken. @throws ServiceError MALFORMED_CSV, and what `onRecord` and `onFault` throw
   */
  push(bytes: Buffer): Promise<void>;
  /** @throws the same, and ServiceError EMPTY_BODY when there was nothing but a byte order mark and empty lines */
  end(): Promise<void>;
  /** Bytes of a record whose end has not come. */
  heldBytes(): number;
};

/** `byteOffset` (from 0) and `line` (from 1) are where the record begins. */
export type OnCsvRecord = (citizen: unknown, byteOffset: number, line: number) => void;
/** `isRecord`: it stands for a record, whose place it takes; otherwise it is about the header, and no records follow. */
export type OnCsvFault = (violation: Violation, isRecord: boolean) => void;

const COLUMNS: readonly string[] = CITIZEN_FIELDS;
/** A citizen has five texts of 256 characters; the rest is for its relatives. */
const MOST_RECORD_BYTES = 1024 * 1024;
/** The parser takes 0.5 us for an empty line; 4 GiB of them would hold a thread for half an hour. */
const MAX_EMPTY_LINES = 1_000_000;
const CARRIAGE_RETURN = 0x0d;
/** About 500 records, 4 ms: nobody else waits longer for the thread. */
const SLICE_BYTES = 64 * 1024;

const DIGITS = /^[0-9]+$/;
const NEWLINES = /\n/g;

/** Said once, instead of each column that is unknown and each that is missing. */
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

/** A number, where the text is one; otherwise the text, for the rules of shape to refuse. */
function toInteger(text: string): number | string {
  return DIGITS.test(text) ? Number(text) : text;
}

function toRelatives(text: string): (number | string)[] {
  return text === '' ? [] : text.split(';').map(toInteger);
}

/** What becomes of the text of a field; of those not named, the text itself. */
const CONVERSIONS: Readonly<Record<string, (text: string) => unknown>> = {
  citizen_id: toInteger,
  apartment: toInteger,
  relatives: toRelatives,
};

/** What is wrong with a header row: it has each of the nine names once, in any order. */
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
 * Hands out each record as the object that JSON would have given, as soon as it has come; a record with too few or too
 * many fields is told of instead. Keeps one record at the most. Empty lines are passed over.
 */
export function createCsvReader(onRecord: OnCsvRecord, onFault: OnCsvFault): CsvReader {
  let header: readonly string[] | undefined;
  let hasHeaderFault = false;
  /** The first bytes, until they show the dialect. */
  let head: Buffer = Buffer.alloc(0);
  let parser: Parser | undefined;
  let delimiter = ',';
  /** How far its bytes are from those of the body: it gets neither the first ones nor empty lines. */
  let parserOffset = 0;
  let place = 0;
  let takenBytes = 0;
  let emptyLines = 0;
  /** Where the record begins that is being read. */
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
    // Nothing for the parser to keep.
    return null;
  }

  function requireSize(end: number): void {
    if (end - byteOffset > MOST_RECORD_BYTES) throw malformedCsv('more than 1 MiB without an end', line);
  }

  /**
   * The first record of all is the one whose length the parser compares the others with. For each that differs it makes
   * an error, which nobody takes: 45 µs, where a record takes 1, so that 64 KB of empty lines held the thread for 3 s.
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
      // Both at once: found out from the first line alone, the other one would become a part of the last field.
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      on_record: take,
    });
    // Every error goes to whoever waits for the write; without a listener it would end the process too.
    started.on('error', () => {});
    return started;
  }

  /** The parser and the bytes for it, once the dialect is known. */
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
    // What is after a wrong header row was not to be read.
    if (error instanceof CsvError && hasHeaderFault) return;
    throw error instanceof CsvError ? malformedCsv(WORDS[error.code] ?? 'it cannot be read', line) : error;
  }

  /** Between two records: past the empty lines at `start`, which the parser then need not see. */
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
    // The bytes and the texts made of them.
    heldBytes: () => memoryOf(head) + 3 * (takenBytes - byteOffset),
  };
}
