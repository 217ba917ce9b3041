import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { makeCitizens } from '../../../app/census/demo/citizens.js';
import { brotliRuns, RUN_BYTES } from '../../support/bombs.js';
import { citizen } from '../../support/census/citizens.js';
import { projectDir } from '../../support/folder.js';
import { CONTENT_TYPES, type Format, post, WRITERS } from '../../support/http/bodies.js';
import { type Answer, type Problem, postImport } from '../../support/http/http.js';
import { openRaw, type RawConnection, requestHead } from '../../support/http/raw_http.js';
import { readMetrics } from '../../support/metrics.js';
import { type RunningService, startService } from '../../support/service.js';
import { until } from '../../support/until.js';

const MIB = 1024 * 1024;
/** Compressed runs of 16 MiB, which decode to nearly the 4 GiB that a body may have. */
const RUNS_OF_A_WHOLE_BODY = 255;
const LINE = `${JSON.stringify(citizen(1))}\n`;

/** The memory limit of the service in docs/operations.md, in MB. */
function promisedMegabytes(): number {
  const docs = readFileSync(join(projectDir, 'docs', 'operations.md'), 'utf8');
  return Number(/^\| Node \|.*?at most (\d+) MB/m.exec(docs)?.[1]);
}

/** Peak resident memory of a process, in MB of 10^6 bytes. */
function peakMegabytes(pid: number): number {
  const kibibytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
  return (kibibytes * 1024) / 1e6;
}

/** The only answers allowed for such an attack; small imports sent meanwhile have a test of their own. */
const REFUSALS = new Set(['COMPRESSED_TOO_FAR', 'INVALID_INPUT', 'TOO_MANY_IMPORTS', 'BODY_TOO_LARGE']);

describe('what bodies take of the memory', () => {
  let service: RunningService;
  const connections: RawConnection[] = [];
  before(async () => {
    service = await startService();
  });
  after(async () => {
    for (const { socket } of connections) socket.destroy();
    await service?.kill();
  });

  const postTo = (format: Format, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    post<Problem>(`${service.url}/imports`, format, body, headers);
  const heldBytes = async () => (await readMetrics(service.url)).value('svodka_bodies_held_bytes') as number;

  /** A request with an endless body. */
  function begin(line: string, headers: Record<string, string | number>, bytes: string | Uint8Array): RawConnection {
    const connection = openRaw(service.port);
    connections.push(connection);
    connection.send(requestHead(line, { Host: 'localhost', ...headers }));
    connection.send(bytes);
    return connection;
  }

  async function leaveAll(): Promise<void> {
    for (const { socket } of connections.splice(0)) socket.destroy();
    await until('nothing is held any more', async () => (await heldBytes()) === 0);
  }

  it('is never more than is promised, whatever comes at once: bombs, endless records, clients that stop', async () => {
    const blanks = await brotliRuns('\n', RUNS_OF_A_WHOLE_BODY);
    const record = await brotliRuns('a', 20);
    const gzip = gzipSync(Buffer.alloc(RUN_BYTES, 'a'));
    const unfinished = Buffer.concat([Buffer.from('{"citizens":[{"town":"'), Buffer.alloc(10 * MIB, 'x')]);
    for (let count = 0; count < 40; count++) {
      const type = { 'Content-Type': CONTENT_TYPES.json, 'Content-Length': 2 ** 30 };
      begin('POST /imports', type, count % 2 === 0 ? unfinished : unfinished.subarray(0, 250 * 1024));
    }
    const attacks = Array.from({ length: 14 }, () => [
      postTo('ndjson', blanks, { 'Content-Encoding': 'br' }),
      postTo('ndjson', record, { 'Content-Encoding': 'br' }),
      postTo('json', Buffer.concat([record]), { 'Content-Encoding': 'br' }),
      postTo('csv', blanks, { 'Content-Encoding': 'br' }),
      postTo('ndjson', gzip, { 'Content-Encoding': 'gzip' }),
    ]).flat();
    const answers = await Promise.all(attacks);
    const codes = new Set(answers.map(({ body }) => body.code));
    const peak = peakMegabytes(service.child.pid as number);
    assert.ok(peak <= promisedMegabytes(), `${peak} MB`);
    assert.deepEqual(
      [...codes].filter((code) => !REFUSALS.has(code) && !code.startsWith('MALFORMED')),
      [],
    );
    await leaveAll();
  });

  it('leaves room for small imports and changes while large ones take all that there is', async () => {
    const importId = await postImport(service.url, [citizen(1)]);
    const unfinished = Buffer.concat([Buffer.from(LINE), Buffer.alloc(10 * MIB, 'x')]);
    const headers = { 'Content-Type': CONTENT_TYPES.ndjson, 'Content-Length': 2 ** 30 };
    const large = Array.from({ length: 60 }, () => begin('POST /imports', headers, unfinished));
    assert.equal((await Promise.race(large.map((one) => one.answer()))).status, 503);
    for (let count = 0; count < 20; count++) {
      assert.equal((await postTo('ndjson', LINE)).status, 201);
      const change = await fetch(`${service.url}/imports/${importId}/citizens/1`, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ name: `${count}` }),
      });
      assert.equal(change.status, 200);
    }
    await leaveAll();
  });

  const slow: [why: string, line: string, headers: Record<string, string | number>, bytes: Buffer, least: number][] = [
    [
      'of a window that is not full',
      'POST /imports',
      { 'Content-Type': CONTENT_TYPES.ndjson, 'Content-Length': MIB },
      Buffer.alloc(200 * 1024, LINE),
      200 * 1024,
    ],
    [
      'of a decoder',
      'POST /imports',
      { 'Content-Type': CONTENT_TYPES.ndjson, 'Content-Encoding': 'br', 'Transfer-Encoding': 'chunked' },
      Buffer.from('1\r\n\x0f\r\n', 'latin1'),
      RUN_BYTES,
    ],
    [
      'of a change',
      'PATCH /imports/1/citizens/1',
      { 'Content-Type': 'application/json', 'Content-Length': MIB },
      Buffer.alloc(900 * 1024, ' '),
      900 * 1024,
    ],
  ];
  for (const [why, line, headers, bytes, minBytes] of slow) {
    it(`is counted while a client stops in the middle: ${why}`, async () => {
      for (let count = 0; count < 5; count++) begin(line, headers, bytes);
      await until('it is counted', async () => (await heldBytes()) >= 5 * minBytes);
      await leaveAll();
    });
  }

  it('is counted while nobody reads the report of a refused import', async () => {
    const headers = { 'Content-Type': CONTENT_TYPES.ndjson, Accept: 'application/x-ndjson' };
    // 90 long unknown keys: 33 KB per line of the report, for few violations.
    const keys = Array.from({ length: 90 }, (_, place) => `"${'k'.repeat(250)}${place}":1`);
    const body = Buffer.from(`{${keys.join()}}\n`.repeat(600));
    const one = begin('POST /imports', { ...headers, 'Content-Length': body.length }, body);
    one.socket.pause();
    await until('the report is all that is held', async () => (await heldBytes()) > 10 * MIB);
    await leaveAll();
  });
});

describe('a small body that becomes an enormous one', () => {
  let service: RunningService;
  before(async () => {
    service = await startService();
  });
  after(() => service?.kill());

  it('is refused, and every other import beside it is stored', async () => {
    const bomb = await brotliRuns('\n', RUNS_OF_A_WHOLE_BODY);
    let isRefused = false;
    const refusals = Promise.all(
      Array.from({ length: 4 }, () =>
        post<Problem>(`${service.url}/imports`, 'ndjson', bomb, { 'Content-Encoding': 'br' }),
      ),
    ).finally(() => {
      isRefused = true;
    });
    const large = WRITERS.ndjson(makeCitizens(2_000, 0));
    const answers: Answer<unknown>[] = [];
    while (!isRefused || answers.length < 20) {
      answers.push(await post(`${service.url}/imports`, 'ndjson', answers.length % 2 === 0 ? LINE : large));
    }
    for (const { status, body } of await refusals) assert.deepEqual([status, body.code], [413, 'COMPRESSED_TOO_FAR']);
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]));
  });

  it('is taken when it is long enough for what it becomes', async () => {
    const citizens = makeCitizens(1_000, 0);
    const body = gzipSync(Buffer.from(`${WRITERS.ndjson(citizens)}${' '.repeat(RUN_BYTES)}`));
    const { status } = await post(`${service.url}/imports`, 'ndjson', body, { 'Content-Encoding': 'gzip' });
    assert.equal(status, 201);
  });

  it('waits for no other import, however many clients stop in the middle of theirs', async () => {
    // Two windows, since the first is handed to a thread only when the second has arrived.
    const part = Buffer.alloc(530 * 1024, '\n');
    const headers = { 'Content-Type': CONTENT_TYPES.ndjson, 'Content-Length': 2 ** 30 };
    const stopped = Array.from({ length: 300 }, () => openRaw(service.port));
    for (const connection of stopped) {
      connection.send(requestHead('POST /imports', { Host: 'localhost', ...headers }));
      connection.send(part);
    }
    const large = WRITERS.ndjson(makeCitizens(2_000, 0));
    await until('all of them are in work', async () => {
      const metrics = await readMetrics(service.url);
      return (metrics.value('svodka_worker_tasks', { pool: 'parse' }) as number) >= stopped.length;
    });
    assert.equal((await post(`${service.url}/imports`, 'ndjson', large)).status, 201);
    for (const { socket } of stopped) socket.destroy();
  });
});
