import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import Koa from 'koa';
import { UNCOUNTED } from '../../../app/http/bodies/body_budget.js';
import { collectPart, readMultipart } from '../../../app/http/bodies/multipart.js';
import { toServiceError } from '../../../app/http/problem.js';
import { BOUNDARY, FORM_HEADERS, type FormPart, formOf } from '../../support/http/form.js';
import { openRaw, requestHead } from '../../support/http/raw_http.js';

type Taken = { name: string; filename?: string; type: string; hex: string };

const LIMITS = { limitBytes: 100_000, maxParts: 3 };
const MAX_PART_BYTES = 50_000;

describe('a form', () => {
  let server: Server;
  let port: number;
  const refusals: string[] = [];
  let onRefusal = () => {};
  let onPart = () => {};

  before(async () => {
    const app = new Koa();
    app.use(async (ctx) => {
      const taken: Taken[] = [];
      try {
        await readMultipart(ctx, LIMITS, async ({ name, filename, type }, bytes) => {
          onPart();
          if (name === 'skipped') return;
          const hex = (await collectPart(bytes, MAX_PART_BYTES, UNCOUNTED)).toString('hex');
          taken.push({ name, type, hex, ...(filename !== undefined && { filename }) });
        });
        ctx.body = taken;
      } catch (reason) {
        const { code } = toServiceError(reason);
        refusals.push(code);
        onRefusal();
        ctx.status = 400;
        ctx.body = { code };
      }
    });
    server = createServer(app.callback()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    port = (server.address() as AddressInfo).port;
  });
  after(() => new Promise((resolve) => server.close(resolve)));

  async function send(body: Buffer, headers: Record<string, string> = FORM_HEADERS): Promise<unknown> {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: new Uint8Array(body) });
    return answer.json();
  }

  it('is read part by part: names, types and bytes', async () => {
    const bytes = Buffer.from([0, 13, 10, 45, 45, 255]);
    assert.deepEqual(
      await send(
        formOf([
          { name: 'metadata', bytes: '{"a":1}' },
          { name: 'photo', filename: 'п.png', type: 'image/PNG', bytes },
        ]),
      ),
      [
        { name: 'metadata', type: 'text/plain', hex: Buffer.from('{"a":1}').toString('hex') },
        { name: 'photo', filename: 'п.png', type: 'image/png', hex: bytes.toString('hex') },
      ],
    );
  });

  it('is read the same, however its bytes arrive', async () => {
    const part = fc.record({
      name: fc.constantFrom('a', 'b'),
      filename: fc.constantFrom('x', 'y'),
      bytes: fc.uint8Array({ maxLength: 600 }).map((each) => Buffer.from(each)),
    });
    const cuts = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: LIMITS.maxParts }), cuts, async (parts: FormPart[], lengths) => {
        const whole = formOf(parts);
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            let at = 0;
            for (const length of lengths) {
              const end = Math.min(at + length, whole.length);
              if (end > at) controller.enqueue(new Uint8Array(whole.subarray(at, end)));
              at = end;
            }
            if (at < whole.length) controller.enqueue(new Uint8Array(whole.subarray(at)));
            controller.close();
          },
        });
        const answer = await fetch(`http://127.0.0.1:${port}/`, {
          method: 'POST',
          headers: FORM_HEADERS,
          body,
          duplex: 'half',
        } as RequestInit);
        const taken = (await answer.json()) as Taken[];
        assert.deepEqual(
          taken.map(({ name, hex }) => [name, hex]).sort(),
          parts.map(({ name, bytes }) => [name, Buffer.from(bytes).toString('hex')]).sort(),
        );
      }),
      { numRuns: 60 },
    );
  });

  const refused: [why: string, body: Buffer, headers: Record<string, string>, code: string][] = [
    ['JSON', Buffer.from('{}'), { 'Content-Type': 'application/json' }, 'UNSUPPORTED_MEDIA_TYPE'],
    ['no boundary', Buffer.from('x'), { 'Content-Type': 'multipart/form-data' }, 'MALFORMED_FORM'],
    ['no end', formOf([{ name: 'a', bytes: 'b' }]).subarray(0, -12), FORM_HEADERS, 'MALFORMED_FORM'],
    ['another boundary', formOf([{ name: 'a', bytes: 'b' }], 'other'), FORM_HEADERS, 'MALFORMED_FORM'],
    ['nothing', Buffer.alloc(0), FORM_HEADERS, 'MALFORMED_FORM'],
    ['too many parts', formOf(Array(4).fill({ name: 'a', bytes: 'b' })), FORM_HEADERS, 'MALFORMED_FORM'],
    [
      'a part that is too long',
      formOf([{ name: 'a', bytes: Buffer.alloc(MAX_PART_BYTES + 1) }]),
      FORM_HEADERS,
      'BODY_TOO_LARGE',
    ],
    [
      'a body that is too long',
      formOf([{ name: 'skipped', bytes: Buffer.alloc(LIMITS.limitBytes) }]),
      FORM_HEADERS,
      'BODY_TOO_LARGE',
    ],
    ['a compressed body', formOf([]), { ...FORM_HEADERS, 'Content-Encoding': 'gzip' }, 'UNSUPPORTED_CONTENT_ENCODING'],
  ];
  for (const [why, body, headers, code] of refused) {
    it(`is refused: ${why}`, async () => {
      assert.deepEqual(await send(body, headers), { code });
    });
  }

  it('that is chunked and too long is refused, and the client gets the answer', async () => {
    const connection = openRaw(port);
    connection.send(requestHead('POST /', { ...FORM_HEADERS, 'Transfer-Encoding': 'chunked' }));
    const piece = Buffer.alloc(20_000, 120);
    const head = Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\n`);
    for (const bytes of [head, ...Array<Buffer>(20).fill(piece)]) {
      connection.send(`${bytes.length.toString(16)}\r\n`);
      connection.send(bytes);
      connection.send('\r\n');
    }
    connection.send('0\r\n\r\n');
    assert.match((await connection.answer()).body, /BODY_TOO_LARGE/);
    connection.socket.destroy();
  });

  it('that its client cuts off ends the reading', async () => {
    refusals.length = 0;
    const over = new Promise<void>((resolve) => {
      onRefusal = resolve;
    });
    const begun = new Promise<void>((resolve) => {
      onPart = resolve;
    });
    const connection = openRaw(port);
    connection.send(requestHead('POST /', { ...FORM_HEADERS, 'Content-Length': 5_000 }));
    connection.send(formOf([{ name: 'a', bytes: Buffer.alloc(1_000) }]).subarray(0, 600));
    await begun;
    connection.socket.destroy();
    await over;
    assert.deepEqual(refusals, ['BODY_CUT_OFF']);
  });
});
