import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Citizen } from '../../../../app/census/citizens/schema.js';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { citizen, listCitizens } from '../../../support/census/citizens.js';
import {
  CONTENT_TYPES,
  CSV_HEADER,
  csvRow,
  ENCODERS,
  type Encoding,
  type Format,
  post,
  WRITERS,
} from '../../../support/http/bodies.js';
import { type Problem, request } from '../../../support/http/http.js';
import { useService } from '../../../support/suite.js';

const MB = 1024 * 1024;
const BYTE_ORDER_MARK = '\ufeff';
/** Three chunks of rows, three windows of bytes. */
const MANY = 2500;
/** Citizens that need escaping: line breaks and quotes in texts, a symmetric relation, texts without any ASCII. */
const ODD: Citizen[] = [
  citizen(1, { name: 'a "b", c\nd\r\ne', relatives: [2, 3] }),
  citizen(2, { relatives: [1], town: '\u{1f600}1' }),
  citizen(3, { relatives: [1], street: 'Улица ё' }),
];
const FORMATS = Object.keys(CONTENT_TYPES) as Format[];

describe('an import in each format', () => {
  const service = useService();

  async function stored(format: Format, body: string | Uint8Array<ArrayBuffer>, headers = {}): Promise<Citizen[]> {
    const answer = await post(`${service.url}/imports`, format, body, headers);
    assert.equal(answer.status, 201, answer.text);
    const { import_id: importId } = answer.body.data;
    assert.equal(answer.headers.get('Location'), `/imports/${importId}`);
    assert.equal(answer.headers.get('Idempotency-Replayed'), null);
    return listCitizens(service.url, importId);
  }

  for (const format of FORMATS) {
    for (const encoding of Object.keys(ENCODERS) as Encoding[]) {
      it(`is stored whole: ${format}, ${encoding}`, async () => {
        const citizens = [
          ...ODD,
          ...makeCitizens(MANY, 0, 9).map((one) => ({ ...one, citizen_id: one.citizen_id + 9 })),
        ];
        const body = new Uint8Array(ENCODERS[encoding](Buffer.from(WRITERS[format](citizens))));
        assert.deepEqual(await stored(format, body, { 'Content-Encoding': encoding }), citizens);
      });
    }

    it(`is stored though it begins with a byte order mark: ${format}`, async () => {
      assert.deepEqual(await stored(format, BYTE_ORDER_MARK + WRITERS[format](ODD)), ODD);
    });

    it(`is stored though its last line has no end: ${format}`, async () => {
      assert.deepEqual(await stored(format, WRITERS[format](ODD).trimEnd()), ODD);
    });
  }

  const plain = [citizen(1), citizen(2)];
  const layouts: [why: string, format: Format, body: string][] = [
    ['lines end in CR LF', 'ndjson', plain.map((one) => `${JSON.stringify(one)}\r\n`).join('')],
    ['lines end in CR LF', 'csv', [CSV_HEADER, ...plain.map(csvRow)].map((row) => `${row}\r\n`).join('')],
    ['lines of blanks', 'ndjson', `\n \t\n${plain.map((one) => ` ${JSON.stringify(one)} \n\r\n`).join('\n')}\n`],
    ['empty lines', 'csv', `\n${[CSV_HEADER, ...plain.map(csvRow)].join('\n\n')}\n\r\n\n`],
    [
      'columns in another order',
      'csv',
      `gender,relatives,birth_date,name,apartment,building,street,town,citizen_id\n${plain
        .map((one) => csvRow(one).split(',').reverse())
        .map(([relatives, gender, ...others]) => [gender, relatives, ...others].join(','))
        .join('\n')}`,
    ],
    [
      'every field in quotes',
      'csv',
      [CSV_HEADER, ...plain.map(csvRow)].map((row) => `"${row.replaceAll(',', '","')}"`).join('\n'),
    ],
  ];
  it('is read as Excel writes it: semicolons or tabs, relatives in quotes, a byte order mark, a line that names the separator', async () => {
    const rows: Record<string, unknown>[] = ODD.map((one) => ({ ...one, relatives: one.relatives.join(';') }));
    const toField = (value: unknown) =>
      /[";\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
    for (const [line, separator] of [
      ['', ';'],
      ['sep=;\r\n', ';'],
      ['', '\t'],
      ['sep=\t\r\n', '\t'],
    ] as const) {
      const names = CSV_HEADER.split(',');
      const fields = [names, ...rows.map((row) => names.map((name) => toField(row[name])))];
      const text = fields.map((row) => `${row.join(separator)}\r\n`).join('');
      assert.deepEqual(await stored('csv', `${BYTE_ORDER_MARK}${line}${text}`), ODD);
    }
    assert.deepEqual(await stored('csv', `sep=,\r\n${WRITERS.csv(ODD)}`), ODD);
  });

  for (const [why, format, body] of layouts) {
    it(`is read as laid out: ${format}, ${why}`, async () => {
      assert.deepEqual(await stored(format, body), plain);
    });
  }

  it('may be without citizens: a CSV with a header row alone', async () => {
    assert.deepEqual(await stored('csv', CSV_HEADER), []);
  });

  it('may have a parameter in its content type', async () => {
    assert.deepEqual(
      await stored('csv', WRITERS.csv(plain), { 'Content-Type': 'text/csv; header=present; charset=UTF-8' }),
      plain,
    );
  });

  it('may be larger than memory would like: over 100 MiB of JSON, counted to the last byte', async () => {
    const citizens = makeCitizens(4000, 0, 3);
    // Blanks between records: cheap to generate, and read like everything else.
    const blanks = ' '.repeat(27_000);
    let bytes = 0;
    async function* pieces() {
      yield '{"citizens": [';
      for (const [place, one] of citizens.entries()) yield `${place === 0 ? '' : ','}${blanks}${JSON.stringify(one)}`;
      yield ']}';
    }
    async function* counted() {
      for await (const piece of pieces()) {
        const encoded = Buffer.from(piece);
        bytes += encoded.length;
        yield encoded;
      }
    }
    const answer = await request<{ data: { import_id: number } }>(`${service.url}/imports`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: ReadableStream.from(counted()),
      duplex: 'half',
    } as RequestInit);
    assert.equal(answer.status, 201, answer.text);
    assert.ok(bytes > 100 * MB);
    const url = `${service.url}/imports/${answer.body.data.import_id}`;
    const { body } = await request<{ data: { bytes: number; citizens: number } }>(url);
    assert.equal(body.data.bytes, bytes);
    assert.equal(body.data.citizens, citizens.length);
    assert.deepEqual(await listCitizens(service.url, answer.body.data.import_id), citizens);
  });
});

type Fault = { pointer: string; code: string; line?: number; peer?: string };

describe('an import with something wrong in it', () => {
  const service = useService();

  const line = (changes: object, citizenId = 1) => `${JSON.stringify({ ...citizen(citizenId), ...changes })}\n`;
  const row = (changes: object, citizenId = 1) => `${csvRow({ ...citizen(citizenId), ...changes })}\n`;
  const { name: _, ...nameless } = citizen(2);
  const faults: [why: string, format: Format, body: string, faults: Fault[]][] = [
    ['no JSON', 'ndjson', `${line({})}{"citizen_id": \n`, [{ pointer: '/citizens/1', code: 'NOT_JSON', line: 2 }]],
    [
      'two on a line',
      'ndjson',
      `${line({}).trim()}${line({}, 2)}`,
      [{ pointer: '/citizens/0', code: 'NOT_JSON', line: 1 }],
    ],
    [
      'behind lines of blanks',
      'ndjson',
      `\n \n${line({})}\r\n7\n`,
      [{ pointer: '/citizens/1', code: 'WRONG_TYPE', line: 5 }],
    ],
    [
      'a field that is missing',
      'ndjson',
      `${line({})}${JSON.stringify(nameless)}`,
      [{ pointer: '/citizens/1/name', code: 'REQUIRED', line: 2 }],
    ],
    [
      'a field that is unknown',
      'ndjson',
      line({ age: 7 }),
      [{ pointer: '/citizens/0/age', code: 'UNKNOWN_FIELD', line: 1 }],
    ],
    [
      'far too much',
      'ndjson',
      `${line({})}${'['.repeat(17)}${']'.repeat(17)}\n`,
      [{ pointer: '/citizens/1', code: 'TOO_COMPLEX', line: 2 }],
    ],
    [
      'a text for a number',
      'csv',
      `${CSV_HEADER}\n${row({ apartment: 'seven' })}`,
      [{ pointer: '/citizens/0/apartment', code: 'WRONG_TYPE', line: 2 }],
    ],
    [
      'relatives that are none',
      'csv',
      `${CSV_HEADER}\n${row({ relatives: '2,3' })}`,
      [{ pointer: '/citizens/0/relatives/0', code: 'WRONG_TYPE', line: 2 }],
    ],
    [
      'too few fields',
      'csv',
      `${CSV_HEADER}\n${row({})}\n2,town\n`,
      [{ pointer: '/citizens/1', code: 'WRONG_FIELD_COUNT', line: 4 }],
    ],
    [
      'behind a text of two lines',
      'csv',
      `${CSV_HEADER}\n${row({ name: 'a\nb' })}${row({ gender: 'x' }, 2)}`,
      [{ pointer: '/citizens/1/gender', code: 'NOT_ALLOWED', line: 4 }],
    ],
    ['no header', 'csv', row({}), [{ pointer: '/header', code: 'NO_HEADER', line: 1 }]],
    [
      'a header that is wrong',
      'csv',
      `${CSV_HEADER.replace('town', 'city').replace('street', 'name')}\n${row({})}`,
      [
        { pointer: '/header/city', code: 'UNKNOWN_FIELD', line: 1 },
        { pointer: '/header/name', code: 'REPEATED_FIELD', line: 1 },
        { pointer: '/header/town', code: 'REQUIRED', line: 1 },
        { pointer: '/header/street', code: 'REQUIRED', line: 1 },
      ],
    ],
    ...(['ndjson', 'csv'] as const).flatMap((format): [string, Format, string, Fault[]][] => {
      // The line of the second record.
      const second = format === 'csv' ? 3 : 2;
      const text = (...changes: object[]) =>
        WRITERS[format](changes.map((change, place) => ({ ...citizen(place + 1), ...change })));
      return [
        [
          'an id used twice',
          format,
          text({}, { citizen_id: 1 }),
          [
            {
              pointer: '/citizens/1/citizen_id',
              code: 'DUPLICATE_CITIZEN_ID',
              line: second,
              peer: '/citizens/0/citizen_id',
            },
          ],
        ],
        [
          'a relative on one side',
          format,
          text({}, { relatives: [1] }),
          [
            {
              pointer: '/citizens/1/relatives/0',
              code: 'ONE_SIDED_RELATIVE',
              line: second,
              peer: '/citizens/0/relatives',
            },
          ],
        ],
        [
          'an unknown relative',
          format,
          text({}, { relatives: [9] }),
          [{ pointer: '/citizens/1/relatives/0', code: 'UNKNOWN_RELATIVE', line: second }],
        ],
        [
          'a date that does not exist',
          format,
          text({}, { birth_date: '31.02.2000' }),
          [{ pointer: '/citizens/1/birth_date', code: 'NO_SUCH_DATE', line: second }],
        ],
        [
          'a text without a letter',
          format,
          text({}, { town: '?' }),
          [{ pointer: '/citizens/1/town', code: 'WRONG_FORM', line: second }],
        ],
        [
          'a text of no character',
          format,
          text({}, { name: '' }),
          [{ pointer: '/citizens/1/name', code: 'TOO_SHORT', line: second }],
        ],
      ];
    }),
  ];
  for (const [why, format, body, expected] of faults) {
    it(`is refused and told where: ${format}, ${why}`, async () => {
      const answer = await post<Problem>(`${service.url}/imports`, format, body);
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.headers.get('Location'), null);
      assert.equal(answer.body.code, 'INVALID_INPUT');
      assert.deepEqual(
        answer.body.errors?.map(({ detail: __, ...fault }) => fault),
        expected,
      );
      assert.equal(answer.body.errorCount, expected.length);
    });
  }

  const problems: [why: string, format: Format, body: string | Uint8Array<ArrayBuffer>, code: string][] = [
    ['nothing', 'ndjson', '', 'EMPTY_BODY'],
    ['blanks alone', 'ndjson', ' \n\r\n', 'EMPTY_BODY'],
    ['a byte order mark alone', 'ndjson', BYTE_ORDER_MARK, 'EMPTY_BODY'],
    ['nothing', 'csv', '', 'EMPTY_BODY'],
    ['empty lines alone', 'csv', '\n\r\n', 'EMPTY_BODY'],
    ['a quote that is not closed', 'csv', `${CSV_HEADER}\n1,"town`, 'MALFORMED_CSV'],
    ['a quote within a field', 'csv', `${CSV_HEADER}\n1,to"wn\n`, 'MALFORMED_CSV'],
    ['more behind a quote', 'csv', `${CSV_HEADER}\n1,"town"s\n`, 'MALFORMED_CSV'],
    ['bytes that are no UTF-8', 'ndjson', new Uint8Array([...Buffer.from(line({})), 0x22, 0xff, 0x22]), 'INVALID_UTF8'],
    ['bytes that are no UTF-8', 'csv', new Uint8Array([...Buffer.from(CSV_HEADER), 0x0a, 0xc3]), 'INVALID_UTF8'],
  ];
  for (const [why, format, body, code] of problems) {
    it(`is refused as a whole: ${format}, ${why}`, async () => {
      const answer = await post<Problem>(`${service.url}/imports`, format, body);
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.body.code, code);
      assert.equal(answer.body.errors, undefined);
    });
  }

  for (const encoding of ['gzip', 'deflate', 'br'] as const) {
    it(`is refused when it is not encoded as it says, or not whole: ${encoding}`, async () => {
      const good = ENCODERS[encoding](Buffer.from(WRITERS.ndjson(makeCitizens(100, 0))));
      for (const body of [Buffer.from(WRITERS.ndjson([citizen(1)])), good.subarray(0, good.length - 10)]) {
        const answer = await post<Problem>(`${service.url}/imports`, 'ndjson', new Uint8Array(body), {
          'Content-Encoding': encoding,
        });
        assert.equal(answer.status, 400, answer.text);
        assert.equal(answer.body.code, 'MALFORMED_ENCODING');
      }
    });
  }

  it('is refused in an encoding or a type that is unknown, and told which are known', async () => {
    const body = WRITERS.ndjson([citizen(1)]);
    const encoded = await post<Problem>(`${service.url}/imports`, 'ndjson', body, { 'Content-Encoding': 'compress' });
    assert.equal(encoded.status, 415);
    assert.match(encoded.headers.get('Accept-Encoding') ?? '', /gzip.*deflate.*br/);
    const typed = await post<Problem>(`${service.url}/imports`, 'ndjson', body, { 'Content-Type': 'text/plain' });
    assert.equal(typed.status, 415);
    assert.equal(typed.headers.get('Accept'), 'application/json, application/x-ndjson, text/csv');
  });
});

describe('the violations of an import as lines of JSON', () => {
  const service = useService();
  const REPORT = 'application/x-ndjson';
  type Line = Fault & { byteOffset: number; detail: string };

  it('are all of them, each with the place of its record in bytes, and a count in the header', async () => {
    const citizens = makeCitizens(MANY, 0).map((one, place) => (place % 2 === 0 ? one : { ...one, town: '?' }));
    const body = WRITERS.ndjson(citizens);
    const answer = await post<string>(`${service.url}/imports`, 'ndjson', body, { Accept: REPORT });
    assert.equal(answer.status, 400);
    assert.equal(answer.headers.get('Content-Type'), REPORT);
    assert.equal(answer.headers.get('X-Error-Count'), String(MANY / 2));
    const lines = answer.text
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as Line);
    assert.equal(lines.length, MANY / 2);
    const bytes = Buffer.from(body);
    for (const [count, { line, byteOffset, pointer, code }] of lines.entries()) {
      const place = count * 2 + 1;
      assert.deepEqual(
        { line, pointer, code },
        { line: place + 1, pointer: `/citizens/${place}/town`, code: 'WRONG_FORM' },
      );
      const { citizen_id: id } = JSON.parse(bytes.toString('utf8', byteOffset, bytes.indexOf('\n', byteOffset)));
      assert.equal(id, citizens[place]?.citizen_id);
    }
  });

  it('are there for JSON and CSV, and for a small import too', async () => {
    for (const format of FORMATS) {
      const body = WRITERS[format]([citizen(1, { relatives: [1] })]);
      const answer = await post<string>(`${service.url}/imports`, format, body, { Accept: REPORT });
      assert.equal(answer.headers.get('X-Error-Count'), '1', answer.text);
      const { code, byteOffset } = JSON.parse(answer.text) as Line;
      assert.equal(code, 'SELF_RELATIVE');
      assert.equal(byteOffset, { json: 13, ndjson: 0, csv: CSV_HEADER.length + 1 }[format]);
    }
  });

  it('are a problem as ever when that is no broken rule, and for who accepts that as well', async () => {
    const cut = await post<Problem>(`${service.url}/imports`, 'json', '{', { Accept: REPORT });
    assert.equal(cut.body.code, 'MALFORMED_JSON');
    assert.equal(cut.headers.get('X-Error-Count'), null);
    const body = WRITERS.json([citizen(1, { relatives: [1] })]);
    for (const accept of ['*/*', `${REPORT}, application/json`]) {
      const answer = await post<Problem>(`${service.url}/imports`, 'json', body, { Accept: accept });
      const isReport = answer.headers.get('Content-Type') === REPORT;
      assert.equal(isReport, accept.startsWith(REPORT), accept);
    }
  });

  it('do not change what is answered when all is well', async () => {
    const answer = await post(`${service.url}/imports`, 'json', WRITERS.json([citizen(1)]), { Accept: REPORT });
    assert.equal(answer.status, 201);
    assert.ok(answer.body.data.import_id > 0);
  });
});

describe('the limit of a body', () => {
  const service = useService({ env: { SVODKA_BODY_LIMIT: String(MB) } });

  it('is one of decoded bytes', async () => {
    for (const format of FORMATS) {
      for (const encoding of Object.keys(ENCODERS) as Encoding[]) {
        const text = Buffer.from(WRITERS[format](makeCitizens(2000, 0)));
        const padded = (bytes: number) => Buffer.concat([text, Buffer.alloc(bytes - text.length, '\n')]);
        const fitting = ENCODERS[encoding](padded(MB));
        const over = ENCODERS[encoding](padded(MB + 1));
        assert.ok(encoding === 'identity' || over.length < MB);
        for (const [body, status] of [
          [fitting, 201],
          [over, 413],
        ] as const) {
          const headers = { 'Content-Encoding': encoding };
          const answer = await post(`${service.url}/imports`, format, new Uint8Array(body), headers);
          assert.equal(answer.status, status, `${format} ${encoding} ${answer.text}`);
        }
      }
    }
  });
});
