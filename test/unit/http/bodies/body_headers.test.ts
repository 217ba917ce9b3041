import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, it } from 'node:test';
import * as zlib from 'node:zlib';
import Koa, { type Context } from 'koa';
import type { ServiceError } from '../../../../app/errors.js';
import { requireMediaType } from '../../../../app/http/bodies/body.js';
import { contentDecoding, DECODINGS } from '../../../../app/http/bodies/content_encoding.js';
import { sendProblem } from '../../../../app/http/problem.js';

const TYPES = ['application/json', 'application/x-ndjson', 'text/csv'] as const;

/** Koa's request object for these headers. */
function contextOf(headers: Record<string, string>): Context {
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, headers);
  return new Koa().createContext(request, new ServerResponse(request)) as Context;
}

/** The code of the refusal, and the headers of the answer. */
function refusal(ctx: Context, look: () => unknown): { code: string; header(name: string): string } {
  let thrown: unknown;
  assert.throws(look, (reason) => {
    thrown = reason;
    return true;
  });
  sendProblem(ctx, thrown as ServiceError, 'none');
  return { code: (thrown as ServiceError).code, header: (name) => ctx.response.get(name) };
}

describe('the content encoding of a body', () => {
  const table: [header: string | undefined, decoding: string, reason: string][] = [
    [undefined, 'identity', 'none is named'],
    ['', 'identity', 'an empty header names none'],
    ['identity', 'identity', 'it says so'],
    ['gzip', 'gzip', 'as it is called'],
    [' GZip ', 'gzip', 'names have no case'],
    ['x-gzip', 'gzip', 'RFC 9110 8.4.1.3'],
    ['deflate', 'deflate', 'as it is called'],
    ['br', 'br', 'as it is called'],
  ];
  for (const [header, decoding, reason] of table) {
    it(`${JSON.stringify(header)} is undone as ${decoding}: ${reason}`, () => {
      assert.equal(contentDecoding(contextOf(header === undefined ? {} : { 'content-encoding': header })), decoding);
    });
  }

  for (const [header, reason] of [
    ['compress', 'nobody has used it since 1995'],
    ['gzip, br', 'more than one'],
    ['gzip, identity', 'more than one, though one does nothing'],
    ['gzip;q=1', 'parameters are for Accept-Encoding'],
    ['constructor', 'what every object has'],
  ] as const) {
    it(`${header} is refused, with what is taken in Accept-Encoding: ${reason}`, () => {
      const ctx = contextOf({ 'content-encoding': header });
      const { code, header: headerOf } = refusal(ctx, () => contentDecoding(ctx));
      assert.equal(code, 'UNSUPPORTED_CONTENT_ENCODING');
      assert.equal(headerOf('Accept-Encoding'), DECODINGS.join(', '));
    });
  }

  it('zstd is taken where Node has it, and only there', () => {
    assert.equal(DECODINGS.includes('zstd'), 'createZstdDecompress' in zlib);
  });

  it('is refused where a path takes none', () => {
    const ctx = contextOf({ 'content-encoding': 'gzip' });
    const { code, header } = refusal(ctx, () => contentDecoding(ctx, ['identity']));
    assert.equal(code, 'UNSUPPORTED_CONTENT_ENCODING');
    assert.equal(header('Accept-Encoding'), 'identity');
  });
});

describe('the media type of a body', () => {
  for (const [header, type] of [
    ['application/json', 'application/json'],
    ['Application/X-NDJSON', 'application/x-ndjson'],
    ['text/csv; charset=utf-8; header=present', 'text/csv'],
    ['text/csv;charset="UTF8"', 'text/csv'],
    ['text/csv ; Charset = "utf\\-8" ; x="a;charset=koi8-r"', 'text/csv'],
    ['text/csv;;charset', 'text/csv'],
  ] as const) {
    it(`${header} is ${type}`, () => {
      assert.equal(requireMediaType(contextOf({ 'content-type': header }), TYPES), type);
    });
  }

  for (const header of [
    '',
    'text/plain',
    'text/csv; charset=windows-1251',
    'text/csv; x="a;b"; charset="koi8-r"',
    'application/jsonl',
    'csv',
  ]) {
    it(`${JSON.stringify(header)} is refused, with what is taken in Accept`, () => {
      const ctx = contextOf({ 'content-type': header });
      const { code, header: headerOf } = refusal(ctx, () => requireMediaType(ctx, TYPES));
      assert.equal(code, 'UNSUPPORTED_MEDIA_TYPE');
      assert.equal(headerOf('Accept'), TYPES.join(', '));
    });
  }
});
