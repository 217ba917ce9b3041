import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { citizen, listCitizens } from '../../support/census/citizens.js';
import { CSV_HEADER, type Format, post, WRITERS } from '../../support/http/bodies.js';
import { type Problem, postImport, request } from '../../support/http/http.js';
import { useService } from '../../support/suite.js';

const FORMATS: readonly Format[] = ['json', 'ndjson', 'csv'];

/** Cyrillic text encoded in Windows-1251. */
function toWindows1251(text: string): Buffer {
  return Buffer.from(
    Array.from(text, (letter) => {
      const code = letter.charCodeAt(0);
      if (letter === 'ё') return 0xb8;
      return code >= 0x410 && code <= 0x44f ? code - 0x410 + 0xc0 : code;
    }),
  );
}

describe('an import that is not UTF-8', () => {
  const service = useService();

  const people = [citizen(1, { name: 'Пётр Ильич' }), citizen(2)];
  const files: [what: string, make: (text: string) => Buffer, detail: RegExp][] = [
    [
      'gzip without Content-Encoding',
      (text) => gzipSync(text),
      /byte 1\. This is gzip: declare it with Content-Encoding: gzip\.$/,
    ],
    [
      'a zip archive',
      (text) => Buffer.concat([Buffer.from('504b030414000000', 'hex'), Buffer.from([0xff]), Buffer.from(text)]),
      /byte 8\. This is a zip archive, as \.xlsx is too:/,
    ],
    ['UTF-16, little end first', (text) => Buffer.from(`\ufeff${text}`, 'utf16le'), /byte 0\. This is UTF-16:/],
    ['UTF-16, big end first', (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(), /byte 0\. This is UTF-16:/],
    ['Windows-1251', toWindows1251, /byte \d+\. It looks like Cyrillic letters in Windows-1251: save it as UTF-8\.$/],
  ];
  for (const format of FORMATS) {
    for (const [what, make, detail] of files) {
      it(`is refused with what it seems to be: ${what}, ${format}`, async () => {
        const answer = await post<Problem>(
          `${service.url}/imports`,
          format,
          new Uint8Array(make(WRITERS[format](people))),
        );
        assert.equal(answer.status, 400, answer.text);
        assert.equal(answer.body.code, 'INVALID_UTF8');
        assert.match(answer.body.detail, detail);
      });
    }

    it(`is refused with the byte, in a body of many windows: ${format}`, async () => {
      const bytes = Buffer.from(WRITERS[format](makeCitizens(6_000, 0)));
      // The boundary between the second and third window, in the middle of a character if possible.
      for (const place of [2 * 256 * 1024 - 1, 2 * 256 * 1024, bytes.length - 3]) {
        const broken = Buffer.from(bytes);
        // The bytes before it may be the first half of a character.
        let start = place;
        while ((broken[start - 1] as number) >= 0x80) start--;
        broken[start] = 0xff;
        const answer = await post<Problem>(`${service.url}/imports`, format, new Uint8Array(broken));
        assert.equal(answer.body.code, 'INVALID_UTF8', answer.text);
        assert.match(answer.body.detail, new RegExp(`the first at byte ${start}\\.`));
      }
    });
  }

  it('is not guessed at where nothing is known', async () => {
    const bytes = Buffer.concat([Buffer.from(`${CSV_HEADER}\n1,caf`), Buffer.from([0xe9, 0x2c])]);
    const answer = await post<Problem>(`${service.url}/imports`, 'csv', new Uint8Array(bytes));
    assert.match(answer.body.detail, /the first at byte \d+\.$/);
  });

  it('is told of a PATCH too, which takes no Content-Encoding', async () => {
    const importId = await postImport(service.url, [citizen(1)]);
    for (const [bytes, detail] of [
      [gzipSync('{"town":"Керчь"}'), /the first at byte 1\. This is gzip: unpack it first\.$/],
      [toWindows1251('{"town":"Керчь"}'), /the first at byte 9\. It looks like Cyrillic letters in Windows-1251/],
    ] as const) {
      const answer = await request<Problem>(`${service.url}/imports/${importId}/citizens/1`, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/json' },
        body: new Uint8Array(bytes),
      });
      assert.equal(answer.status, 400);
      assert.match(answer.body.detail, detail);
    }
    assert.deepEqual(await listCitizens(service.url, importId), [citizen(1)]);
  });
});
