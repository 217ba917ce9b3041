import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Problem } from '../../support/http/http.js';
import { runs } from '../../support/random.js';
import { BOUNDARY, caseBody, sendBody } from '../../support/traffic/case_form.js';
import { makePhoto } from '../../support/traffic/photos.js';
import { type Accepted, type TestCamera, useTraffic } from '../../support/traffic/traffic_suite.js';

const REFUSALS: Readonly<Record<number, readonly string[]>> = {
  400: ['MALFORMED_FORM', 'MALFORMED_RECORD', 'EMPTY_BODY'],
  403: ['FORBIDDEN'],
  413: ['BODY_TOO_LARGE'],
  415: ['UNSUPPORTED_MEDIA_TYPE'],
  422: ['RECORD_REFUSED'],
};

const TOKENS = [
  `--${BOUNDARY}`,
  `--${BOUNDARY}--`,
  '\r\n',
  '\r\n\r\n',
  '"',
  'name="photo"',
  'name="metadata"',
  '{',
  '\0',
];
const edit = fc.record({
  /** Most of a body is its photo: places near its ends are of more interest. */
  place: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: -600, max: -1 })),
  kind: fc.constantFrom('cut', 'put', 'flip', 'double'),
  bytes: fc.oneof(
    fc.constantFrom(...TOKENS).map((token) => Buffer.from(token)),
    fc.uint8Array({ maxLength: 5 }).map((each) => Buffer.from(each)),
  ),
  count: fc.integer({ min: 1, max: 40 }),
});

function edited(
  body: Buffer,
  { place, kind, bytes, count }: { place: number; kind: string; bytes: Buffer; count: number },
): Buffer {
  const at = Math.max(0, Math.min(body.length, place < 0 ? body.length + place : place));
  const [head, tail] = [body.subarray(0, at), body.subarray(at)];
  if (kind === 'cut') return Buffer.concat([head, tail.subarray(count)]);
  if (kind === 'put') return Buffer.concat([head, bytes, tail]);
  if (kind === 'double') return Buffer.concat([head, tail.subarray(0, count), tail]);
  const flipped = Buffer.from(body);
  if (at < flipped.length) flipped[at] = (flipped[at] as number) ^ (1 << (count % 8));
  return flipped;
}

describe('forms of cases, damaged by chance', () => {
  const suite = useTraffic();

  it('are stored or refused with a reason, and the service goes on', async () => {
    const camera: TestCamera = await suite.addCamera();
    const record = JSON.stringify(suite.recordOf(camera));
    let stored = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), fc.boolean(), async (edits, isPhotoLast) => {
        let body = caseBody(makePhoto(300), record, isPhotoLast);
        for (const each of edits) body = edited(body, each);
        const { status, body: answer, text } = await sendBody<Accepted & Problem>(suite.url, camera.token, body);
        if (status === 201) stored++;
        else if (status !== 200) assert.ok(REFUSALS[status]?.includes(answer.code), `${status} ${text}`);
      }),
      runs(1_000, 20_000),
    );
    const { body: counts } = await suite.manager.get<{ cases: number }[]>('/cases/stats?group_by=camera');
    assert.equal(
      counts.reduce((sum, { cases }) => sum + cases, 0),
      stored,
    );
    assert.equal((await suite.send(camera)).status, 201);
  });
});
