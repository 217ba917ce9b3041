import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { FIELD_CASES, RAW_CITIZEN, rawObject, TODAY } from '../../../support/census/field_cases.js';
import { parseBody } from '../../../support/census/parse.js';

function parseText(text: string) {
  return parseBody(Buffer.from(text));
}

/** Pointers and codes of the faults on one line each. */
async function faults(text: string): Promise<string[]> {
  const outcome = await parseText(text);
  if ('chunks' in outcome) return [];
  assert.equal(outcome.code, 'INVALID_INPUT', outcome.detail);
  assert.equal(outcome.violationCount, outcome.violations.length);
  return outcome.violations.map(({ pointer, code }) => `${pointer} ${code}`).sort();
}

function importOf(...citizens: Readonly<Record<string, string>>[]): string {
  return `{"citizens":[${citizens.map(rawObject)}]}`;
}

describe('a field of a citizen in an import', () => {
  for (const { field, raw, codes, reason, below = '' } of FIELD_CASES) {
    const shown = raw.length > 40 ? `${raw.slice(0, 12)}… of ${raw.length}` : raw;
    it(`${field} ${codes.length === 0 ? 'may' : 'must not'} be ${shown}: ${reason}`, async () => {
      const expected = codes.map((code) => `/citizens/0/${field}${below} ${code}`);
      assert.deepEqual(await faults(importOf({ ...RAW_CITIZEN, [field]: raw })), expected.sort());
    });
  }

  for (const field of Object.keys(RAW_CITIZEN)) {
    it(`${field} is required`, async () => {
      const { [field]: _, ...others } = RAW_CITIZEN;
      assert.deepEqual(await faults(importOf(others)), [`/citizens/0/${field} REQUIRED`]);
    });
  }

  const unknown: [field: string, pointer: string, reason: string][] = [
    ['age', 'age', 'a field of nobody'],
    ['Town', 'Town', 'another case'],
    ['', '', 'the empty name'],
    ['__proto__', '__proto__', 'no way into the prototype'],
    ['constructor', 'constructor', 'what every object has'],
    ['toString', 'toString', 'the same'],
    ['a/b~c', 'a~1b~0c', 'signs that pointers escape'],
    ['~1', '~01', 'an escape of its own'],
  ];
  for (const [field, pointer, reason] of unknown) {
    it(`"${field}" is not known: ${reason}`, async () => {
      assert.deepEqual(await faults(importOf({ ...RAW_CITIZEN, [field]: '{}' })), [
        `/citizens/0/${pointer} UNKNOWN_FIELD`,
      ]);
    });
  }

  it('may come in any order', async () => {
    const reversed = Object.fromEntries(Object.entries(RAW_CITIZEN).reverse());
    assert.deepEqual(await faults(importOf(reversed)), []);
  });

  it('counts as the last one when it stands twice, as everywhere in JSON', async () => {
    const text = importOf(RAW_CITIZEN).replace('{"citizen_id":1', '{"citizen_id":-1,"citizen_id":1');
    assert.deepEqual(await faults(text), []);
  });
});

describe('an import as a whole', () => {
  const refused: [text: string, code: string, reason: string][] = [
    ['', 'EMPTY_BODY', 'nothing'],
    [' \r\n\t', 'EMPTY_BODY', 'blanks'],
    ['{"citizens":[', 'MALFORMED_JSON', 'cut off'],
    ['{"citizens":[]}}', 'MALFORMED_JSON', 'a bracket too many'],
    ["{'citizens':[]}", 'MALFORMED_JSON', 'not the quotes of JSON'],
    ['{"citizens":[NaN]}', 'MALFORMED_JSON', 'NaN is not JSON'],
    ['{"citizens":[01]}', 'MALFORMED_JSON', 'a leading zero'],
  ];
  for (const [text, code, reason] of refused) {
    it(`is refused as ${code} for ${JSON.stringify(text)}: ${reason}`, async () => {
      const outcome = await parseText(text);
      assert.equal('code' in outcome && outcome.code, code);
    });
  }

  const misshapen: [text: string, faults: string[], reason: string][] = [
    ['null', [' WRONG_TYPE'], 'null'],
    ['[]', [' WRONG_TYPE'], 'a list'],
    ['"citizens"', [' WRONG_TYPE'], 'a string'],
    ['0', [' WRONG_TYPE'], 'a number'],
    ['{}', ['/citizens REQUIRED'], 'no citizens'],
    ['{"citizens":{}}', ['/citizens WRONG_TYPE'], 'an object of them'],
    ['{"citizens":null}', ['/citizens WRONG_TYPE'], 'null for them'],
    ['{"citizens":[],"more":1}', ['/more UNKNOWN_FIELD'], 'a field beside them'],
    ['{"citizens":[],"__proto__":{"citizens":1}}', ['/__proto__ UNKNOWN_FIELD'], 'a prototype beside them'],
    ['{"citizens":[null]}', ['/citizens/0 WRONG_TYPE'], 'null for one'],
    ['{"citizens":[[]]}', ['/citizens/0 WRONG_TYPE'], 'a list for one'],
    [
      '{"citizens":[[],{}]}',
      ['/citizens/0 WRONG_TYPE', ...Object.keys(RAW_CITIZEN).map(required(1))],
      'each is told of',
    ],
  ];
  function required(place: number) {
    return (field: string) => `/citizens/${place}/${field} REQUIRED`;
  }
  for (const [text, expected, reason] of misshapen) {
    it(`is refused for ${text}: ${reason}`, async () => assert.deepEqual(await faults(text), [...expected].sort()));
  }

  it('may be empty', async () => assert.deepEqual(await faults('{"citizens":[]}'), []));

  it('may begin with a byte order mark', async () =>
    assert.deepEqual(await faults(`\ufeff${importOf(RAW_CITIZEN)}`), []));

  const notUtf8: [bytes: string, reason: string][] = [
    ['ff', 'no byte of UTF-8'],
    ['c080', 'U+0000 in two bytes'],
    ['eda080', 'a surrogate in three bytes'],
    ['f4908080', 'beyond U+10FFFF'],
    ['d0', 'a character cut off'],
  ];
  for (const [bytes, reason] of notUtf8) {
    it(`is refused with the bytes ${bytes} in it: ${reason}`, async () => {
      const text = Buffer.from(importOf({ ...RAW_CITIZEN, name: '"?"' }), 'latin1');
      const place = text.indexOf('?');
      const broken = Buffer.concat([text.subarray(0, place), Buffer.from(bytes, 'hex'), text.subarray(place + 1)]);
      const outcome = await parseBody(broken);
      assert.ok('code' in outcome);
      assert.equal(outcome.code, 'INVALID_UTF8');
      assert.equal(outcome.detail, `The body has bytes that are not UTF-8, the first at byte ${place}.`);
    });
  }

  it('names 100 faults and counts them all', async () => {
    const outcome = await parseText(importOf({ ...RAW_CITIZEN, relatives: `[${'null,'.repeat(250)}null]` }));
    assert.ok('violations' in outcome);
    assert.equal(outcome.violations.length, 100);
    assert.equal(outcome.violationCount, 251);
    assert.equal(outcome.detail, '251 rules are broken. Nothing was stored.');
    assert.equal(outcome.violations[99]?.pointer, '/citizens/0/relatives/99');
  });

  it('names the faults of shape and those across records together', async () => {
    const first = { ...RAW_CITIZEN, relatives: '[2,"x"]' };
    const second = { ...RAW_CITIZEN, citizen_id: '2', town: '""' };
    assert.deepEqual(await faults(importOf(first, second)), [
      '/citizens/0/relatives/0 ONE_SIDED_RELATIVE',
      '/citizens/0/relatives/1 WRONG_TYPE',
      '/citizens/1/town TOO_SHORT',
    ]);
  });

  it('never repeats an endless key: the pointer leads to the object that has it', async () => {
    const long = 'k'.repeat(257);
    assert.deepEqual(await faults(importOf({ ...RAW_CITIZEN, [long]: '1' })), ['/citizens/0 UNKNOWN_FIELD']);
    const atLimit = 'k'.repeat(256);
    assert.deepEqual(await faults(importOf({ ...RAW_CITIZEN, [atLimit]: '1' })), [
      `/citizens/0/${atLimit} UNKNOWN_FIELD`,
    ]);
  });

  it('names a key beside the citizens to the same length, however it is written', async () => {
    const beside = (key: string) => `{"${key}":1,"citizens":[]}`;
    assert.deepEqual(await faults(beside('й'.repeat(256))), [`/${'й'.repeat(256)} UNKNOWN_FIELD`]);
    assert.deepEqual(await faults(beside('\\u0439'.repeat(256))), [`/${'й'.repeat(256)} UNKNOWN_FIELD`]);
    assert.deepEqual(await faults(beside('й'.repeat(257))), [' UNKNOWN_FIELD']);
    assert.deepEqual(await faults(beside('k'.repeat(2_000))), [' UNKNOWN_FIELD']);
  });

  it('survives millions of wrong relatives in little memory: no object is kept for each, and counting ends', async () => {
    // 64 MB hold the text and the list, but not an error object each; a body can contain thirty times as many.
    const worker = new Worker(
      `import(${JSON.stringify(new URL('../../../../app/census/imports/intake/parse.js', import.meta.url).href)}).then(async ({ createImportParse }) => {
        const relatives = '"",'.repeat(1_999_999) + '""';
        const options = { format: 'json', today: ${TODAY}, storesRows: true, reportsAll: false };
        const parse = createImportParse(options, () => {});
        const outcome = await parse.push(Buffer.from('{"citizens":[{"relatives":[' + relatives + ']}]}'), true);
        require('node:worker_threads').parentPort.postMessage(outcome.violationCount);
      });`,
      { eval: true, resourceLimits: { maxOldGenerationSizeMb: 64 } },
    );
    const [count] = await once(worker, 'message');
    await worker.terminate();
    assert.equal(count, 1_000_000);
  });
});
