import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { citizen, listCitizens } from '../../support/census/citizens.js';
import { type Problem, postImport, request } from '../../support/http/http.js';
import { openRaw, requestHead, sendRaw } from '../../support/http/raw_http.js';
import { useService } from '../../support/suite.js';

const BODY_LIMIT = 8192;
const SMALL_BODY_LIMIT = 1024 * 1024;

type Case = [why: string, headers: Record<string, string>, body: string | Buffer, status: number, code?: string];
const JSON_TYPE = { 'Content-Type': 'application/json' };
const typed = (type: string) => ({ 'Content-Type': type });
const withoutLast = (text: string) => text.slice(0, -1);

/** Both paths that accept a body, each with a valid one. */
const TAKERS = [
  {
    name: 'POST /imports',
    method: 'POST',
    path: () => '/imports',
    valid: JSON.stringify({ citizens: [citizen(1)] }),
    success: 201,
  },
  {
    name: 'PATCH of a citizen',
    method: 'PATCH',
    path: (importId: number) => `/imports/${importId}/citizens/1`,
    valid: JSON.stringify({ name: citizen(1).name }),
    success: 200,
  },
] as const;

function cases(valid: string, success: number): Case[] {
  const broken = (bytes: number[]) => {
    // Only the name is replaced: anywhere else the bytes would break the JSON as well.
    const [head, tail] = valid.split(citizen(1).name) as [string, string];
    return Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from(tail)]);
  };
  return [
    ['plain JSON', JSON_TYPE, valid, success],
    ['a content type in capitals', typed('Application/JSON'), valid, success],
    ['charset=utf-8', typed('application/json; charset=utf-8'), valid, success],
    ['charset="UTF-8", in quotes and capitals', typed('application/json;charset="UTF-8"'), valid, success],
    ['a parameter that means nothing here', typed('application/json; profile=x'), valid, success],
    ['a semicolon without a parameter', typed('application/json;'), valid, success],
    ['a parameter without a value', typed('application/json; odata'), valid, success],
    ['Content-Encoding: identity', { ...JSON_TYPE, 'Content-Encoding': 'identity' }, valid, success],
    ['Content-Encoding: Identity, in capitals', { ...JSON_TYPE, 'Content-Encoding': 'Identity' }, valid, success],
    ['a byte order mark in front', JSON_TYPE, `\ufeff${valid}`, success],
    ['blanks around', JSON_TYPE, ` \r\n\t${valid}\n\n`, success],

    ['an empty body', JSON_TYPE, '', 400, 'EMPTY_BODY'],
    ['a body of blanks', JSON_TYPE, ' \n\t ', 400, 'EMPTY_BODY'],
    ['a byte order mark alone', JSON_TYPE, '\ufeff', 400, 'EMPTY_BODY'],
    ['JSON that ends early', JSON_TYPE, withoutLast(valid), 400, 'MALFORMED_JSON'],
    ['something behind the JSON', JSON_TYPE, `${valid}x`, 400, 'MALFORMED_JSON'],
    ['two values', JSON_TYPE, `${valid}${valid}`, 400, 'MALFORMED_JSON'],
    ['a comma too many', JSON_TYPE, `${withoutLast(valid)},}`, 400, 'MALFORMED_JSON'],
    ['single quotes', JSON_TYPE, "{'town': 'Т'}", 400, 'MALFORMED_JSON'],
    ['NaN', JSON_TYPE, '{"apartment": NaN}', 400, 'MALFORMED_JSON'],
    ['a line end within a text', JSON_TYPE, '{"name": "a\nb"}', 400, 'MALFORMED_JSON'],
    ['a number with a zero in front', JSON_TYPE, '{"apartment": 01}', 400, 'MALFORMED_JSON'],
    ['a blank that JSON does not know', JSON_TYPE, `\u00a0${valid}`, 400, 'MALFORMED_JSON'],
    ['a form', JSON_TYPE, 'citizens=1', 400, 'MALFORMED_JSON'],
    ['lists in lists, thousands deep', JSON_TYPE, '['.repeat(4000), 400, 'MALFORMED_JSON'],
    ['a text', JSON_TYPE, '"{}"', 400, 'INVALID_INPUT'],
    ['a truth value', JSON_TYPE, 'true', 400, 'INVALID_INPUT'],
    ['null', JSON_TYPE, 'null', 400, 'INVALID_INPUT'],
    ['lists in lists that end well', JSON_TYPE, '['.repeat(4000) + ']'.repeat(4000), 400, 'INVALID_INPUT'],

    ['a byte that begins nothing in UTF-8', JSON_TYPE, broken([0xff]), 400, 'INVALID_UTF8'],
    ['half a character', JSON_TYPE, broken([0xd0]), 400, 'INVALID_UTF8'],
    ['half a character at the very end', JSON_TYPE, Buffer.from([0x7b, 0x7d, 0xd0]), 400, 'INVALID_UTF8'],
    ['a surrogate in UTF-8', JSON_TYPE, broken([0xed, 0xa0, 0x80]), 400, 'INVALID_UTF8'],
    ['a character in more bytes than it needs', JSON_TYPE, broken([0xc0, 0x80]), 400, 'INVALID_UTF8'],
    ['Windows-1251', JSON_TYPE, broken([0xc8, 0xe2, 0xe0, 0xed]), 400, 'INVALID_UTF8'],
    ['UTF-16', JSON_TYPE, Buffer.from(`\ufeff${valid}`, 'utf16le'), 400, 'INVALID_UTF8'],

    ['no content type', {}, valid, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['text', typed('text/plain'), valid, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a form by its content type', typed('application/x-www-form-urlencoded'), 'a=1', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['another kind of JSON', typed('application/merge-patch+json'), valid, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a content type that begins alike', typed('application/jsonp'), valid, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['a content type that is none', typed('json'), valid, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['another charset', typed('application/json; charset=windows-1251'), valid, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['an unknown encoding', { ...JSON_TYPE, 'Content-Encoding': 'x' }, valid, 415, 'UNSUPPORTED_CONTENT_ENCODING'],
  ];
}

describe('bodies', () => {
  const service = useService({ env: { SVODKA_BODY_LIMIT: String(BODY_LIMIT) } });
  let importId: number;
  before(async () => {
    importId = await postImport(service.url, [citizen(1)]);
  });

  for (const { name, method, path, valid, success } of TAKERS) {
    describe(name, () => {
      for (const [why, headers, body, status, code] of cases(valid, success)) {
        it(`answers ${status}${code === undefined ? '' : ` ${code}`} to ${why}`, async () => {
          const bytes = Buffer.from(body);
          const head = requestHead(`${method} ${path(importId)}`, { ...headers, 'Content-Length': bytes.length });
          const answer = await sendRaw(service.port, Buffer.concat([Buffer.from(head), bytes]));
          assert.equal(answer.status, status, answer.body);
          if (code !== undefined) assert.equal(JSON.parse(answer.body).code, code);
          assert.deepEqual(await listCitizens(service.url, importId), [citizen(1)]);
        });
      }

      it('answers 400 to a request that has neither body nor length', async () => {
        const answer = await sendRaw(service.port, requestHead(`${method} ${path(importId)}`, JSON_TYPE));
        assert.equal(answer.status, 400);
        assert.equal(JSON.parse(answer.body).code, 'EMPTY_BODY');
      });

      it('takes a chunked body, however it is cut', async () => {
        const connection = openRaw(service.port);
        connection.send(requestHead(`${method} ${path(importId)}`, { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' }));
        for (const byte of Buffer.from(valid)) connection.send(Buffer.from([0x31, 13, 10, byte, 13, 10]));
        connection.send('0\r\n\r\n');
        const answer = await connection.answer();
        connection.socket.destroy();
        assert.equal(answer.status, success, answer.body);
      });

      it('answers 400 to a chunked body that breaks the protocol midway', async () => {
        const connection = openRaw(service.port);
        connection.send(requestHead(`${method} ${path(importId)}`, { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' }));
        connection.send('1\r\n{\r\nnot a size\r\n');
        const answer = await connection.answer();
        assert.equal(answer.status, 400);
        assert.equal(JSON.parse(answer.body).code, 'BAD_REQUEST');
        assert.equal(await connection.ended(), '');
      });

      it('tells at which byte the JSON breaks, but repeats nothing of it', async () => {
        for (const [body, place] of [
          ['{"name": "a secret", oops}', 'the fault is at byte 21.'],
          ['{"name": "секрет", oops}', 'the fault is at byte 25.'],
          ['\ufeff {"secret": 01}', 'the fault is at byte 16.'],
          ['{"secret": 1,}', 'the fault is at byte 13.'],
          ['{"secret": "oops', 'it ends before the string that begins at byte 11 does.'],
        ] as const) {
          const answer = await request<Problem>(`${service.url}${path(importId)}`, {
            method,
            headers: JSON_TYPE,
            body,
          });
          assert.equal(answer.status, 400);
          assert.equal(answer.body.detail, `The body is not JSON: ${place}`);
          assert.doesNotMatch(answer.text, /secret|oops|секрет/);
        }
      });

      it('answers 413 to a body announced as too large, before a byte of it is sent', async () => {
        const headers = { ...JSON_TYPE, 'Content-Length': SMALL_BODY_LIMIT + 1 };
        const answer = await sendRaw(service.port, requestHead(`${method} ${path(importId)}`, headers));
        assert.equal(answer.status, 413);
        assert.equal(JSON.parse(answer.body).code, 'BODY_TOO_LARGE');
      });

      it('answers 413, and no "100 Continue", to a client that asks before it sends too much', async () => {
        const headers = { ...JSON_TYPE, 'Content-Length': SMALL_BODY_LIMIT + 1, Expect: '100-continue' };
        const answer = await sendRaw(service.port, requestHead(`${method} ${path(importId)}`, headers));
        assert.equal(answer.status, 413);
      });

      it('lets a client go on that asks before it sends what fits', async () => {
        const connection = openRaw(service.port);
        const headers = { ...JSON_TYPE, 'Content-Length': Buffer.byteLength(valid), Expect: '100-continue' };
        connection.send(requestHead(`${method} ${path(importId)}`, headers));
        assert.equal((await connection.answer()).status, 100);
        connection.send(valid);
        assert.equal((await connection.answer()).status, success);
        connection.socket.destroy();
      });

      it('answers 413 to a chunked body over the limit, also to a client that reads nothing before all is written', async () => {
        const connection = openRaw(service.port);
        connection.send(requestHead(`${method} ${path(importId)}`, { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' }));
        const megabyte = Buffer.concat([
          Buffer.from('100000\r\n'),
          Buffer.alloc(SMALL_BODY_LIMIT, ' '),
          Buffer.from('\r\n'),
        ]);
        // 24 MB exceed the buffers at both ends of a socket, so the service must read them.
        for (let sent = 0; sent < 24; sent++) connection.send(megabyte);
        await new Promise<void>((resolve, reject) => {
          connection.socket.once('close', () => reject(new Error('the connection ended before all was written')));
          connection.socket.write('0\r\n\r\n', (reason) => (reason ? reject(reason) : resolve()));
        });
        const answer = await connection.answer();
        assert.equal(answer.status, 413);
        assert.equal(JSON.parse(answer.body).code, 'BODY_TOO_LARGE');
        // The whole body was read, so the connection can be reused for the next request.
        connection.send(requestHead('GET /health/live'));
        assert.equal((await connection.answer()).status, 200);
        connection.socket.destroy();
      });

      it('is as ready as before after all that', async () => {
        const answer = await request(`${service.url}${path(importId)}`, { method, headers: JSON_TYPE, body: valid });
        assert.equal(answer.status, success);
      });
    });
  }

  it('POST /imports takes a body of exactly the limit, and not one byte more', async () => {
    const valid = JSON.stringify({ citizens: [] });
    for (const [length, status] of [
      [BODY_LIMIT, 201],
      [BODY_LIMIT + 1, 413],
    ] as const) {
      const body = valid.padEnd(length);
      const whole = requestHead('POST /imports', { ...JSON_TYPE, 'Content-Length': length }) + body;
      assert.equal((await sendRaw(service.port, whole)).status, status, `${length} announced`);
      const head = requestHead('POST /imports', { ...JSON_TYPE, 'Transfer-Encoding': 'chunked' });
      const chunked = `${head}${length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
      assert.equal((await sendRaw(service.port, chunked)).status, status, `${length} in chunks`);
    }
  });

  it('PATCH keeps to the limit of the settings too', async () => {
    const headers = { ...JSON_TYPE, 'Content-Length': BODY_LIMIT + 1 };
    const answer = await sendRaw(service.port, requestHead(`PATCH /imports/${importId}/citizens/1`, headers));
    assert.equal(answer.status, 413);
    assert.match(JSON.parse(answer.body).detail, new RegExp(`${BODY_LIMIT} bytes`));
  });
});
