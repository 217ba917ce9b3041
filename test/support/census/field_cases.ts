/** Today in the tables below: Sunday, 22 November 2026. */
export const TODAY = 20261122;

/** A valid citizen as raw JSON per field, so that a case can contain `1.0` or `"\u0000"` literally. */
export const RAW_CITIZEN: Readonly<Record<string, string>> = {
  citizen_id: '1',
  town: '"Москва"',
  street: '"Льва Толстого"',
  building: '"16к7стр5"',
  apartment: '7',
  name: '"Иванов Иван Иванович"',
  birth_date: '"26.12.1986"',
  gender: '"male"',
  relatives: '[]',
};

/** Builds the text of an object from fields in raw JSON. */
export function rawObject(fields: Readonly<Record<string, string>>): string {
  return `{${Object.entries(fields).map(([name, raw]) => `${JSON.stringify(name)}:${raw}`)}}`;
}

/** The expected error codes, none for a valid value; `below` when they refer to an element. */
export type FieldCase = { field: string; raw: string; codes: readonly string[]; reason: string; below?: string };

function cases(fields: readonly string[], table: readonly [raw: string, code: string, reason: string][]): FieldCase[] {
  return fields.flatMap((field) =>
    table.map(([raw, codes, reason]) => ({ field, raw, codes: codes.split(' ').filter(Boolean), reason })),
  );
}

function text(character: string, count: number): string {
  return JSON.stringify(character.repeat(count));
}

const NUMBERS = cases(
  ['citizen_id', 'apartment'],
  [
    ['0', '', 'the smallest'],
    ['-0', '', 'the same zero'],
    ['9007199254740991', '', 'the largest, 2^53-1'],
    ['1.0', '', 'the integer 1'],
    ['1e3', '', 'another way to write 1000'],
    ['9007199254740992', 'OUT_OF_RANGE', '2^53: its neighbours cannot be told apart'],
    ['9007199254740993', 'OUT_OF_RANGE', '2^53+1, which would be read as 2^53'],
    ['1e400', 'OUT_OF_RANGE', 'beyond all doubles'],
    ['-1e400', 'OUT_OF_RANGE', 'below all doubles'],
    ['9007199254740991.0', '', 'the largest, with a fraction of nothing'],
    ['100e-2', '', 'the integer 1'],
    ['0e400', '', 'zero however it is written'],
    ['9007199254740991.4', 'WRONG_TYPE', 'not whole, though its double is'],
    ['0.99999999999999999', 'WRONG_TYPE', 'not 1, though its double is'],
    ['1e-400', 'WRONG_TYPE', 'not 0, though its double is'],
    ['-1', 'OUT_OF_RANGE', 'below 0'],
    ['1.5', 'WRONG_TYPE', 'not whole'],
    ['"1"', 'WRONG_TYPE', 'digits in a string'],
    ['true', 'WRONG_TYPE', 'a boolean is no number'],
    ['[1]', 'WRONG_TYPE', 'a list of one'],
    ['null', 'WRONG_TYPE', 'null'],
  ],
);

const PLACES = cases(
  ['town', 'street', 'building'],
  [
    ['"7"', '', 'a digit is enough'],
    ['"я"', '', 'a Cyrillic letter'],
    ['"Ω"', '', 'a Greek letter'],
    ['"中"', '', 'a Chinese character is a letter'],
    ['"ب"', '', 'an Arabic letter'],
    ['"٣"', '', 'an Arabic digit'],
    ['"\\ud801\\udc00"', '', 'a letter beyond 2^16 (Deseret), written as a pair'],
    ['" _a_ "', '', 'one letter among others'],
    ['"a\\u0000"', '', 'U+0000 beside a letter'],
    [text('я', 256), '', '256 characters of two bytes'],
    [text('𐐀', 256), '', '256 characters that are 512 UTF-16 units'],
    ['""', 'TOO_SHORT', 'empty, said once'],
    ['"_"', 'WRONG_FORM', '_ is no letter'],
    ['"½"', 'WRONG_FORM', 'a fraction is no digit'],
    ['"Ⅷ"', 'WRONG_FORM', 'a number sign that is neither letter nor digit'],
    ['"_ -.,!"', 'WRONG_FORM', 'signs alone'],
    ['" "', 'WRONG_FORM', 'blank'],
    ['"\\u0000"', 'WRONG_FORM', 'a control character'],
    ['"😀"', 'WRONG_FORM', 'a picture'],
    ['"\\u0301"', 'WRONG_FORM', 'an accent without its letter'],
    [text('a', 257), 'TOO_LONG', 'one too many'],
    [text('𐐀', 257), 'TOO_LONG', 'one too many, beyond 2^16'],
    [text('_', 257), 'TOO_LONG WRONG_FORM', 'two rules at once'],
    ['"a\\ud800"', 'LONE_SURROGATE', 'half a pair: it would come back as U+FFFD'],
    ['"\\udc00\\ud801a"', 'LONE_SURROGATE', 'a pair the wrong way round'],
    ['1', 'WRONG_TYPE', 'a number'],
    ['["a"]', 'WRONG_TYPE', 'a list'],
    ['null', 'WRONG_TYPE', 'null'],
  ],
);

const NAMES = cases(
  ['name'],
  [
    ['"_"', '', 'anything'],
    ['" "', '', 'a blank'],
    ['"\\u0000"', '', 'U+0000'],
    ['"\\u001f\\u007f\\n"', '', 'control characters'],
    ['"\\ufeff\\uffff"', '', 'a byte order mark and a noncharacter'],
    ['"\\ud83d\\ude00"', '', 'a pair'],
    [text('😀', 256), '', '256 characters that are 512 UTF-16 units'],
    ['""', 'TOO_SHORT', 'empty'],
    [text(' ', 257), 'TOO_LONG', 'one too many'],
    [text('😀', 257), 'TOO_LONG', 'one too many, beyond 2^16'],
    ['"\\udfff"', 'LONE_SURROGATE', 'half a pair'],
    ['0', 'WRONG_TYPE', 'a number'],
    ['{}', 'WRONG_TYPE', 'an object'],
    ['null', 'WRONG_TYPE', 'null'],
  ],
);

const BIRTH_DATES = cases(
  ['birth_date'],
  [
    ['"21.11.2026"', '', 'yesterday'],
    ['"22.11.2026"', 'NOT_IN_THE_PAST', 'today'],
    ['"23.11.2026"', 'NOT_IN_THE_PAST', 'tomorrow'],
    ['"01.01.2027"', 'NOT_IN_THE_PAST', 'an earlier day of a later year'],
    ['"31.12.9999"', 'NOT_IN_THE_PAST', 'the last date there is'],
    ['"01.01.0001"', '', 'the first date there is'],
    ['"01.01.0000"', 'NO_SUCH_DATE', 'there is no year 0'],
    ['"29.02.2024"', '', 'a leap day'],
    ['"29.02.2000"', '', 'a leap day: 2000 divides by 400'],
    ['"29.02.2023"', 'NO_SUCH_DATE', 'a common year'],
    ['"29.02.1900"', 'NO_SUCH_DATE', '1900 divides by 100 and not by 400'],
    ['"30.02.2024"', 'NO_SUCH_DATE', 'February is never so long'],
    ['"31.04.2000"', 'NO_SUCH_DATE', 'April has 30 days'],
    ['"00.01.2000"', 'NO_SUCH_DATE', 'day 0'],
    ['"01.00.2000"', 'NO_SUCH_DATE', 'month 0'],
    ['"01.13.2000"', 'NO_SUCH_DATE', 'month 13'],
    ['"12.31.2000"', 'NO_SUCH_DATE', 'month first'],
    ['"1.1.2000"', 'WRONG_FORM', 'one digit'],
    ['"01.01.99"', 'WRONG_FORM', 'two digits of a year'],
    ['"01.01.02000"', 'WRONG_FORM', 'five digits of a year'],
    ['"2000-01-01"', 'WRONG_FORM', 'another form'],
    ['"01/01/2000"', 'WRONG_FORM', 'other separators'],
    ['" 01.01.2000"', 'WRONG_FORM', 'a blank in front'],
    ['"01.01.2000\\n"', 'WRONG_FORM', 'a line end behind, which a careless $ lets pass'],
    ['"x\\n01.01.2000"', 'WRONG_FORM', 'a line in front'],
    ['"٠١.٠١.٢٠٠٠"', 'WRONG_FORM', 'digits that are not ASCII'],
    ['"-1.01.2000"', 'WRONG_FORM', 'a sign for a digit'],
    ['""', 'WRONG_FORM', 'empty'],
    ['20000101', 'WRONG_TYPE', 'a number'],
    ['null', 'WRONG_TYPE', 'null'],
  ],
);

const GENDERS = cases(
  ['gender'],
  [
    ['"male"', '', 'one'],
    ['"female"', '', 'the other'],
    ['"Male"', 'NOT_ALLOWED', 'another case'],
    ['"male "', 'NOT_ALLOWED', 'a blank behind'],
    ['""', 'NOT_ALLOWED', 'empty'],
    ['1', 'WRONG_TYPE NOT_ALLOWED', 'a number'],
    ['null', 'WRONG_TYPE NOT_ALLOWED', 'null'],
  ],
);

const RELATIVES: readonly FieldCase[] = [
  ...cases(
    ['relatives'],
    [
      ['[]', '', 'nobody'],
      ['{}', 'WRONG_TYPE', 'an object'],
      ['{"length":0}', 'WRONG_TYPE', 'an object that looks like a list'],
      ['1', 'WRONG_TYPE', 'a single id'],
      ['"1"', 'WRONG_TYPE', 'a string'],
      ['null', 'WRONG_TYPE', 'null'],
    ],
  ),
  ...cases(
    ['relatives'],
    [
      ['[null]', 'WRONG_TYPE', 'null inside'],
      ['["2"]', 'WRONG_TYPE', 'digits in a string inside'],
      ['[[2]]', 'WRONG_TYPE', 'a list inside'],
      ['[1.5]', 'WRONG_TYPE', 'not whole'],
      ['[0.99999999999999999]', 'WRONG_TYPE', 'not whole, though its double is'],
      ['[-1]', 'OUT_OF_RANGE', 'below 0'],
      ['[9007199254740992]', 'OUT_OF_RANGE', '2^53'],
    ],
  ).map((wrong) => ({ ...wrong, below: '/0' })),
];

/** For each field of a citizen (spec/citizens.md): values at the limits of its rules. */
export const FIELD_CASES: readonly FieldCase[] = [
  ...NUMBERS,
  ...PLACES,
  ...NAMES,
  ...BIRTH_DATES,
  ...GENDERS,
  ...RELATIVES,
];
