import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCitizens } from '../../../../app/census/demo/citizens.js';
import { citizen } from '../../../support/census/citizens.js';
import { CONTENT_TYPES, type OpenPost, openPost, WRITERS } from '../../../support/http/bodies.js';
import { type Problem, postImport, request, sendJson } from '../../../support/http/http.js';
import { openRaw, type RawConnection, requestHead } from '../../../support/http/raw_http.js';
import { type RunningService, startService } from '../../../support/service.js';
import { until } from '../../../support/until.js';

type Progress = {
  import_id: number;
  state: string;
  citizens: number;
  bytes: number | null;
  created_at: string;
  published_at: string | null;
};
type Event = { event: string; data: Progress };

/** About 1.5 MB, so that the first chunks are stored before the rest arrives. */
const MANY = 6000;
const BEGINNING = WRITERS.ndjson(makeCitizens(MANY, 0));
const REST = WRITERS.ndjson([citizen(MANY + 1)]);
const HINTS = { Prefer: 'early-hints' };

/** The events received so far on a raw connection. */
function eventsIn(text: string): Event[] {
  return [...text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)].map(([, event = '', data = '']) => ({
    event,
    data: JSON.parse(data) as Progress,
  }));
}

describe('the progress of an import', () => {
  let service: RunningService;
  const connections: RawConnection[] = [];
  before(async () => {
    service = await startService();
  });
  after(async () => {
    for (const { socket } of connections) socket.destroy();
    assert.equal(await service.stop(), 0);
  });

  const progressOf = (path: string) => request<{ data: Progress }>(`${service.url}${path}`);

  /** A large import that is paused midway; also returns its path, taken from a 103. */
  async function pausedImport(headers: Record<string, string> = {}): Promise<{ sender: OpenPost; path: string }> {
    const sender = openPost(service.port, { ...HINTS, ...headers });
    connections.push(sender);
    sender.part(BEGINNING);
    const hint = await sender.answer();
    assert.equal(hint.status, 103);
    assert.match(hint.headers['location'] ?? '', /^\/imports\/\d+$/);
    assert.equal(hint.headers['link'], `<${hint.headers['location']}>; rel=status`);
    return { sender, path: hint.headers['location'] as string };
  }

  /** Watches an import; `events()` returns what has arrived. */
  function watch(path: string): { connection: RawConnection; events(): Event[]; text(): string } {
    const connection = openRaw(service.port);
    connections.push(connection);
    let text = '';
    connection.socket.on('data', (piece) => {
      // The text is all ASCII, so no character is split.
      text += piece;
    });
    connection.send(requestHead(`GET ${path}/events`));
    return { connection, events: () => eventsIn(text), text: () => text };
  }

  it('is staging while the body is read, with what is stored of it, and published afterwards', async () => {
    const { sender, path } = await pausedImport();
    const staged = await until('rows are stored', async () => {
      const { status, body, headers } = await progressOf(path);
      assert.equal(status, 200);
      assert.equal(headers.get('Cache-Control'), 'no-store');
      return body.data.citizens >= 1000 && body.data;
    });
    assert.equal(staged.state, 'staging');
    assert.equal(staged.published_at, null);
    assert.ok(staged.citizens < MANY && staged.citizens % 1000 === 0, String(staged.citizens));
    assert.ok(staged.bytes !== null && staged.bytes > 0 && staged.bytes < BEGINNING.length);
    assert.equal(
      (await request(`${service.url}${path}/citizens`)).status,
      404,
      'nobody sees it before it is published',
    );
    sender.part(REST);
    sender.end();
    const answer = await sender.answer();
    assert.equal(answer.status, 201, answer.body);
    assert.equal(answer.headers['location'], path);
    const { body } = await progressOf(path);
    assert.equal(body.data.state, 'published');
    assert.equal(body.data.citizens, MANY + 1);
    assert.equal(body.data.bytes, Buffer.byteLength(BEGINNING + REST));
    assert.equal(body.data.created_at, staged.created_at);
    assert.ok(Date.parse(body.data.published_at ?? '') >= Date.parse(staged.created_at));
  });

  it('is that of a small import too', async () => {
    const importId = await postImport(service.url, [citizen(1)]);
    const { body } = await progressOf(`/imports/${importId}`);
    assert.equal(body.data.import_id, importId);
    assert.equal(body.data.state, 'published');
    assert.equal(body.data.citizens, 1);
  });

  it('is 404 for what is no import, also as a stream of events', async () => {
    for (const path of ['/imports/999999', '/imports/x', '/imports/-1', '/imports/99999999999999999']) {
      for (const tail of ['', '/events']) {
        const answer = await request<Problem>(`${service.url}${path}${tail}`);
        assert.equal(answer.status, 404, path + tail);
        assert.equal(answer.body.code, 'IMPORT_NOT_FOUND');
      }
    }
  });

  it('is told in events to all who watch, up to the publication', async () => {
    const { sender, path } = await pausedImport();
    // More than the ten listeners after which Node warns about a leak.
    const watchers = Array.from({ length: 12 }, () => watch(path));
    for (const { events } of watchers) await until('the first event', () => events().length > 0);
    assert.match(watchers[0]?.text() ?? '', /^HTTP\/1\.1 200 [\s\S]*\r\nContent-Type: text\/event-stream/);
    sender.part(REST);
    sender.end();
    assert.equal((await sender.answer()).status, 201);
    for (const { connection, events } of watchers) {
      const last = await until('it is published', () => events().find(({ data }) => data.state === 'published'));
      assert.equal(last.event, 'progress');
      assert.equal(last.data.citizens, MANY + 1);
      const counts = events().map(({ data }) => data.citizens);
      assert.deepEqual(
        counts,
        [...counts].sort((a, b) => a - b),
      );
      assert.equal(events()[0]?.data.state, 'staging');
      connection.socket.destroy();
    }
    assert.doesNotMatch(service.output(), /MaxListeners/);
  });

  it('begins with the state of an import that is long published', async () => {
    const { connection, events } = watch(`/imports/${await postImport(service.url, [citizen(1)])}`);
    const [first] = await until('the first event', () => events().length > 0 && events());
    assert.equal(first?.data.state, 'published');
    connection.socket.destroy();
  });

  const ends: [why: string, end: (sender: OpenPost) => Promise<void>][] = [
    [
      'refused',
      async (sender) => {
        sender.part('nonsense\n');
        sender.end();
        assert.equal((await sender.answer()).status, 400);
      },
    ],
    [
      'cut off',
      async (sender) => {
        sender.socket.destroy();
      },
    ],
  ];
  for (const [why, end] of ends) {
    it(`ends with the event "gone" when the import is ${why}, and is 404 from then on`, async () => {
      const { sender, path } = await pausedImport();
      const { events, text } = watch(path);
      await until('the first event', () => events().length > 0);
      await end(sender);
      const last = await until('it is gone', () => events().find(({ event }) => event === 'gone'));
      assert.deepEqual(last.data, { import_id: Number(path.split('/').at(-1)) });
      assert.equal(events().at(-1)?.event, 'gone');
      await until('the answer is at its end', () => text().endsWith('0\r\n\r\n'));
      assert.equal((await progressOf(path)).status, 404);
    });
  }

  it('is hinted at to nobody who does not ask, nor for an import that is stored at once, nor to HTTP/1.0', async () => {
    const silent = openPost(service.port);
    silent.part(BEGINNING);
    silent.end();
    assert.equal((await silent.answer()).status, 201);
    const small = openPost(service.port, HINTS);
    small.part(REST);
    small.end();
    assert.equal((await small.answer()).status, 201);
    const old = openRaw(service.port);
    const length = Buffer.byteLength(BEGINNING);
    const head = requestHead('POST /imports', {
      ...HINTS,
      'Content-Type': CONTENT_TYPES.ndjson,
      'Content-Length': length,
    });
    old.send(head.replace('HTTP/1.1', 'HTTP/1.0'));
    old.send(BEGINNING);
    assert.equal((await old.answer()).status, 201);
    for (const { socket } of [silent, small, old]) socket.destroy();
  });

  it('is not hinted at by a replay: what was stored is told at once', async () => {
    const key = { 'Idempotency-Key': '"hinted"' };
    const { sender } = await pausedImport(key);
    sender.end();
    assert.equal((await sender.answer()).status, 201);
    const again = openPost(service.port, { ...HINTS, ...key });
    again.part(BEGINNING);
    again.end();
    const answer = await again.answer();
    assert.equal(answer.status, 201);
    assert.equal(answer.headers['idempotency-replayed'], 'true');
    again.socket.destroy();
  });

  it('follows a change of a citizen as the list does: the import stays published', async () => {
    const importId = await postImport(service.url, [citizen(1)]);
    await sendJson('PATCH', `${service.url}/imports/${importId}/citizens/1`, { name: 'New' });
    assert.equal((await progressOf(`/imports/${importId}`)).body.data.state, 'published');
  });
});

describe('a service that is told to stop while events are watched', () => {
  it('ends the streams in order and stops at once', async () => {
    const service = await startService();
    const importId = await postImport(service.url, [citizen(1)]);
    const watchers = Array.from({ length: 3 }, () => openRaw(service.port));
    for (const watcher of watchers) {
      let text = '';
      watcher.socket.on('data', (piece) => {
        text += piece;
      });
      watcher.send(requestHead(`GET /imports/${importId}/events`));
      await until('the first event', () => text.includes('data: '));
    }
    const startedAt = performance.now();
    assert.equal(await service.stop(), 0);
    // Requests in progress have 15 s of grace; stopping Tarantool takes a second on a busy machine.
    assert.ok(performance.now() - startedAt < 10_000);
    for (const watcher of watchers) {
      const text = await watcher.ended();
      assert.ok(text.endsWith('0\r\n\r\n'), text);
    }
  });
});
