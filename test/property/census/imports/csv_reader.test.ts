import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { createCsvReader } from '../../../../app/census/imports/reading/csv_reader.js';
import { ServiceError, type Violation } from '../../../../app/errors.js';
import { anyId, anyText, runs } from '../../../support/random.js';

type Row = { citizen: unknown; byteOffset: number; line: number };
type Read = { rows: Row[]; faults: (Violation & { isRecord: boolean })[] };

/** The reader's output for these pieces. */
async function read(pieces: readonly Buffer[]): Promise<Read> {
  const rows: Row[] = [];
  const faults: Read['faults'] = [];
  const reader = createCsvReader(
    (citizen, byteOffset, line) => rows.push({ citizen, byteOffset, line }),
    (violation, isRecord) => faults.push({ ...violation, isRecord }),
  );
  for (const piece of pieces) await reader.push(piece);
  await reader.end();
  return { rows, faults };
}

const NAMES = Object.keys(makeCitizens(1, 0)[0] ?? {});
const HEADER = NAMES.join(',');
const ROW = '1,Москва,Льва Толстого,16к7стр5,7,Иван Иванович,01.02.2000,male,2;3';

/** The same row with the delimiter of a header row. */
function rowFor(header: string): string {
  const delimiter = /town(.)/.exec(header)?.[1] ?? ',';
  return ROW.split(',')
    .map((field) => (field.includes(delimiter) ? `"${field}"` : field))
    .join(delimiter);
}

/** Pointers and codes of a text's faults. */
async function faultsOf(text: string): Promise<string[]> {
  const { faults } = await read([Buffer.from(text)]);
  return faults.map(({ pointer, code, line }) => `${line}: ${pointer} ${code}`);
}

/** A text as a field: quoted where necessary, and sometimes where not. */
function toField(text: string, isQuoted: boolean, delimiter: string): string {
  return isQuoted || /["\r\n]/.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

const oddText = fc.oneof(
  fc.constantFrom(
    '"',
    '""',
    ',',
    '\n',
    '\r\n',
    '\r',
    '"\n"',
    ',"',
    '\ufeff',
    ' a ',
    '\u0000',
    '😀',
    ';',
    "'",
    '1e5',
    '\t',
  ),
  anyText.filter((text) => text !== ''),
);
const anyCitizen = fc.record(
  {
    citizen_id: anyId,
    town: oddText,
    street: oddText,
    building: oddText,
    apartment: anyId,
    name: oddText,
    birth_date: fc.constantFrom('01.02.2000', '29.02.1996'),
    gender: fc.constantFrom('male', 'female'),
    relatives: fc.array(anyId, { maxLength: 4 }),
  },
  { noNullPrototype: true },
);

describe('the reader of CSV', () => {
  it('gives back any citizens that were written as CSV, and where each begins, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyCitizen, { maxLength: 5 }),
        fc.shuffledSubarray(NAMES, { minLength: NAMES.length }),
        fc.infiniteStream(
          fc.record({ isQuoted: fc.boolean(), end: fc.constantFrom('\n', '\r\n', '\n\n', '\r\n\n\r\n') }),
        ),
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.record({
          mark: fc.constantFrom('', '\ufeff'),
          isEndless: fc.boolean(),
          delimiter: fc.constantFrom(',', ';', '\t', '|'),
          separatorLine: fc.constantFrom('', 'sep=@\r\n', '"sep=@"\n'),
        }),
        async (citizens, names, styles, places, { mark, isEndless, delimiter, separatorLine }) => {
          const style = () => styles.next().value;
          const rowOf = (values: readonly string[]) =>
            values.map((value) => toField(value, style().isQuoted, delimiter)).join(delimiter);
          let text = `${mark}${separatorLine.replace('@', delimiter)}${rowOf(names)}${style().end}`;
          const expected: Row[] = [];
          citizens.forEach((citizen, place) => {
            expected.push({ citizen, byteOffset: Buffer.from(text).length, line: text.split('\n').length });
            const values: Record<string, string> = { ...citizen, relatives: citizen.relatives.join(';') } as never;
            text += rowOf(names.map((name) => String(values[name])));
            if (place < citizens.length - 1 || !isEndless) text += style().end;
          });
          const { rows, faults } = await read(cut(Buffer.from(text), places));
          assert.deepEqual(faults, []);
          // A record begins after the empty lines that precede it.
          assert.deepEqual(rows, expected);
        },
      ),
      runs(300, 10_000),
    );
  });

  it('says what to do about relatives that semicolons have cut', async () => {
    const { faults } = await read([Buffer.from(`${HEADER.replaceAll(',', ';')}\n${ROW.replaceAll(',', ';')}`)]);
    assert.equal(faults.length, 1);
    assert.match(faults[0]?.detail ?? '', /10 fields where the header has 9; several relatives stand in quotes/);
  });

  it('reads the same whatever is cut: at every byte', async () => {
    const texts = [
      `\ufeff${HEADER}\r\n${ROW}\r\n"2","a ""b""\r\n😀",c,d,7,"",01.02.2000,female,\r\n`,
      `\ufeffsep=;\r\n\n${HEADER.replaceAll(',', ';')}\n${rowFor('town;')}\n`,
    ];
    const bytes = Buffer.from(texts[0] as string);
    const other = Buffer.from(texts[1] as string);
    const wholeOther = await read([other]);
    assert.deepEqual(
      wholeOther.rows.map(({ line, byteOffset }) => [line, byteOffset]),
      [[4, other.indexOf('\n1;') + 1]],
    );
    for (let at = 0; at <= other.length; at++) {
      assert.deepEqual(await read([other.subarray(0, at), other.subarray(at)]), wholeOther, `cut at ${at}`);
    }
    const whole = await read([bytes]);
    assert.deepEqual(
      whole.rows.map(({ line }) => line),
      [2, 3],
    );
    for (let at = 0; at <= bytes.length; at++) {
      assert.deepEqual(await read([bytes.subarray(0, at), bytes.subarray(at)]), whole, `cut at ${at}`);
    }
    assert.deepEqual(await read(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))), whole, 'byte by byte');
  });

  const values: [field: string, text: string, value: unknown, reason: string][] = [
    ['citizen_id', '007', 7, 'digits are a number'],
    ['citizen_id', '9007199254740993', 9007199254740992, 'as JSON would have it: the schema refuses what is too large'],
    ['citizen_id', '', '', 'nothing is no number'],
    ['apartment', '-1', '-1', 'a sign is no digit'],
    ['apartment', '1.0', '1.0', 'nor is a point'],
    ['apartment', ' 1', ' 1', 'nor is a blank'],
    ['apartment', '٣', '٣', 'only the digits of ASCII'],
    ['relatives', '', [], 'nobody'],
    ['relatives', '4', [4], 'one'],
    ['relatives', '4;x;;5', [4, 'x', '', 5], 'what is no number stays in its place'],
    ['name', '5', '5', 'a text of digits is a text'],
  ];
  for (const [field, text, value, reason] of values) {
    it(`makes ${JSON.stringify(value)} of ${JSON.stringify(text)} in ${field}: ${reason}`, async () => {
      const row = ROW.split(',').with(NAMES.indexOf(field), text).join();
      const { rows } = await read([Buffer.from(`${HEADER}\n${row}`)]);
      assert.equal(rows.length, 1);
      assert.deepEqual((rows[0] as { citizen: Record<string, unknown> }).citizen[field], value);
    });
  }

  const headers: [header: string, faults: string[], reason: string][] = [
    [HEADER, [], 'all nine'],
    [HEADER.replaceAll(',', ';'), [], 'with semicolons, as Excel writes it in Russia'],
    [HEADER.replaceAll(',', '\t'), [], 'with tabs'],
    [`sep=;\r\n${HEADER.replaceAll(',', ';')}`, [], 'behind the line of Excel that names the separator'],
    [`\ufeffsep=,\n${HEADER}`, [], 'behind it and a byte order mark'],
    [HEADER.replaceAll(',', ' '), ['1: /header NO_HEADER'], 'with nothing between them: one sentence'],
    [`sep=;\n${HEADER}`, ['2: /header NO_HEADER'], 'with another separator than the one that is named'],
    [ROW, ['1: /header NO_HEADER'], 'a record in its place'],
    [
      HEADER.replace('town', 'city').replaceAll(',', ';'),
      ['1: /header/city UNKNOWN_FIELD', '1: /header/town REQUIRED'],
      'a wrong name among semicolons',
    ],
    [`\n\r\n${HEADER}`, [], 'behind empty lines'],
    [HEADER.replace('town', 'city'), ['1: /header/city UNKNOWN_FIELD', '1: /header/town REQUIRED'], 'a wrong name'],
    [`\n${HEADER},town`, ['2: /header/town REPEATED_FIELD'], 'one twice'],
    [`${HEADER},`, ['1: /header/ UNKNOWN_FIELD'], 'one without a name'],
    [`${HEADER},a/b`, ['1: /header/a~1b UNKNOWN_FIELD'], 'a name that a pointer must escape'],
    [`${HEADER},__proto__`, ['1: /header/__proto__ UNKNOWN_FIELD'], 'what every object has'],
    [HEADER.replace(',town', ', town'), ['1: /header/ town UNKNOWN_FIELD', '1: /header/town REQUIRED'], 'a blank'],
  ];
  for (const [header, faults, reason] of headers) {
    it(`${faults.length === 0 ? 'takes' : 'refuses'} a header row, ${reason}`, async () => {
      const row = rowFor(header);
      assert.deepEqual((await faultsOf(`${header}\n${row}`)).sort(), faults.sort());
      const { rows } = await read(
        [Buffer.from(`${header}\n${row}\n`), Buffer.from(`${row}\nnot "CSV`)].slice(0, faults.length === 0 ? 1 : 2),
      );
      assert.equal(rows.length, faults.length === 0 ? 1 : 0, 'no record is read behind a wrong header');
    });
  }

  it('tells once of a record with a wrong number of fields, which keeps its place, and reads on', async () => {
    const text = `${HEADER}\n${ROW},\n${ROW}\n1,2\n${ROW}\n`;
    const { rows, faults } = await read([Buffer.from(text)]);
    assert.equal(rows.length, 2);
    const start = Buffer.from(`${HEADER}\n`).length;
    const rowLength = Buffer.from(`${ROW}\n`).length;
    assert.deepEqual(faults, [
      {
        pointer: '/citizens/0',
        code: 'WRONG_FIELD_COUNT',
        detail: 'has 10 fields where the header has 9',
        line: 2,
        byteOffset: start,
        isRecord: true,
      },
      {
        pointer: '/citizens/2',
        code: 'WRONG_FIELD_COUNT',
        detail: 'has 2 fields where the header has 9',
        line: 4,
        byteOffset: start + 2 * rowLength + 1,
        isRecord: true,
      },
    ]);
  });

  const MIB = 1024 * 1024;
  const refused: [text: string, code: string, detail: RegExp, reason: string][] = [
    [`${HEADER}\n${ROW}\n1,"a\nb`, 'MALFORMED_CSV', /not closed.* line 3\.$/, 'an open quote'],
    [
      `${HEADER}\n1,"a\nb",c\n${ROW}a"b`,
      'MALFORMED_CSV',
      /does not begin with one.* line 4\.$/,
      'a quote within a field',
    ],
    [`${HEADER}\n1,"a"b\n`, 'MALFORMED_CSV', /follows a closing quote.* line 2\.$/, 'something behind a quote'],
    [`"${HEADER}`, 'MALFORMED_CSV', /not closed.* line 1\.$/, 'an open quote in the header'],
    [`${HEADER}\n${'x'.repeat(MIB + 1)}`, 'MALFORMED_CSV', /1 MiB.* line 2\.$/, 'a record over 1 MiB'],
    [`${HEADER}\n"${'x\n'.repeat(MIB)}`, 'MALFORMED_CSV', /1 MiB.* line 2\.$/, 'a quote that swallows what follows'],
    [
      `${HEADER}\n${','.repeat(MIB + 1)}`,
      'MALFORMED_CSV',
      /1 MiB.* line 2\.$/,
      'a record of fields without characters',
    ],
    [','.repeat(MIB + 1), 'MALFORMED_CSV', /1 MiB.* line 1\.$/, 'a header over 1 MiB'],
    ['', 'EMPTY_BODY', /header row/, 'nothing'],
    ['\ufeff', 'EMPTY_BODY', /header row/, 'a byte order mark alone'],
    ['\r\n\n', 'EMPTY_BODY', /header row/, 'empty lines'],
  ];
  for (const [text, code, detail, reason] of refused) {
    it(`refuses ${reason} with ${code}, in one piece and in many`, async () => {
      const bytes = Buffer.from(text);
      const isRight = (error: unknown) =>
        error instanceof ServiceError && error.code === code && detail.test(error.message);
      await assert.rejects(read([bytes]), isRight);
      await assert.rejects(read(cut(bytes, [1, 2, 3, 5, 100, 70_000, 500_000])), isRight);
    });
  }

  it('takes a record of 1 MiB to the byte, in one piece and in many', async () => {
    const start = ROW.replace('Иван Иванович', '@').indexOf('@');
    const row = `${ROW.slice(0, start)}@${ROW.slice(start + 'Иван Иванович'.length)}\n`;
    const long = row.replace('@', 'x'.repeat(MIB - Buffer.from(row).length + 1));
    assert.equal(Buffer.from(long).length, MIB);
    const bytes = Buffer.from(`${HEADER}\n${long}${ROW}`);
    assert.equal((await read([bytes])).rows.length, 2);
    assert.equal((await read(cut(bytes, [7, 70_001, 999_999]))).rows.length, 2);
    await assert.rejects(read([Buffer.from(`${HEADER}\nx${long}${ROW}`)]), ServiceError);
  });

  it('reads a header row alone as an import without citizens', async () => {
    for (const text of [HEADER, `${HEADER}\r\n`, `\ufeff${HEADER}\n\n`]) {
      assert.deepEqual(await read([Buffer.from(text)]), { rows: [], faults: [] });
    }
  });

  it('lets what the taker of records throws reach the one who pushes, as it is', async () => {
    const tooMany = new ServiceError('INVALID_INPUT', 'enough');
    const reader = createCsvReader(
      () => {
        throw tooMany;
      },
      () => {},
    );
    await assert.rejects(reader.push(Buffer.from(`${HEADER}\n${ROW}\n${ROW}\n`)), (error) => error === tooMany);
  });

  it('hands rows out as they come and lets others have their turn while a large piece is read', async () => {
    let rows = 0;
    let turns = 0;
    const reader = createCsvReader(
      () => rows++,
      () => {},
    );
    await reader.push(Buffer.from(`${HEADER}\n${`${ROW}\n`.repeat(3)}1,a`));
    assert.equal(rows, 3);
    const clock = setInterval(() => turns++, 0);
    await reader.push(Buffer.from(`,b,c,1,n,01.01.2000,male,\n${`${ROW}\n`.repeat(20_000)}`));
    clearInterval(clock);
    await reader.end();
    assert.equal(rows, 20_004);
    assert.ok(turns >= 5, `others had ${turns} turns`);
  });
});

describe('hostile CSV', () => {
  const bodies: [what: string, line: string][] = [
    ['empty lines', '\n'],
    ['records of one field', 'a\n'],
  ];
  for (const [what, line] of bodies) {
    it(`takes no longer than any other: ${what}`, async () => {
      const body = Buffer.from(`${HEADER}\n${line.repeat(100_000)}`);
      const before = process.cpuUsage();
      const { rows } = await read([body]);
      const { user } = process.cpuUsage(before);
      assert.deepEqual(rows, []);
      // Takes 0.2 s; an earlier implementation took 4.5 s.
      assert.ok(user < 2_000_000, `${user} µs`);
    });
  }
});
