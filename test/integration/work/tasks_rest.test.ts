import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { openEvents } from '../../support/http/events.js';
import { type Answer, type Problem, request } from '../../support/http/http.js';
import { until } from '../../support/until.js';
import { makeScriptDir, type Person, useWork } from '../../support/work/work_suite.js';

const SCRIPTS = makeScriptDir({ 'own.mjs': 'export const run = () => 1;\n' });
const work = useWork({ SVODKA_SCRIPT_DIR: SCRIPTS });

type Row = { id: number; name: string; created_at: string; user: string; status: string };
type Task = Row & Record<'script' | 'args' | 'progress' | 'result' | 'errortext' | 'attempt', unknown>;
type Entry = { id: number; name: string; created_at: string; task: number };

const ROW = ['id', 'name', 'created_at', 'user', 'status'];
const TASK = [...ROW, 'script', 'args', 'progress', 'result', 'errortext', 'attempt'];
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

async function create(person: Person, body: object = {}): Promise<Row> {
  const answer = await person.send<Row>('POST', '/api/v1/task_create/', body);
  assert.equal(answer.status, 201, answer.text);
  return answer.body;
}

function postForm(person: Person, form: Record<string, string>): Promise<Answer<Row & Problem>> {
  const headers = { Authorization: `Token ${person.token}` };
  return request(`${work.url}/api/v1/task_create/`, { method: 'POST', headers, body: new URLSearchParams(form) });
}

async function get<Body>(person: Person, path: string): Promise<Body> {
  const answer = await person.get<Body>(path);
  assert.equal(answer.status, 200, `${path}: ${answer.text}`);
  return answer.body;
}

function cancel(person: Person, id: number) {
  return person.send<Task & Problem>('POST', `/api/v1/tasks/${id}/cancel`);
}

describe('POST /api/v1/task_create/', () => {
  it('stores a task, with a name and a script of its own when none is given', async () => {
    const row = await create(work.gomer);
    assert.deepEqual(Object.keys(row), ROW);
    assert.match(row.created_at, TIME);
    assert.match(row.name, /^task_gomer_\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z$/);
    assert.deepEqual([row.user, row.status], ['gomer', 'create']);
    const task = await get<Task>(work.gomer, `/api/v1/tasks/${row.id}/`);
    assert.deepEqual(Object.keys(task), TASK);
    assert.deepEqual(task, {
      ...row,
      script: 'render.scene',
      args: {},
      progress: null,
      result: null,
      errortext: null,
      attempt: 0,
    });
    await cancel(work.gomer, row.id);
  });

  it('takes JSON, a form, or nothing at all, with and without the slash', async () => {
    const headers = { Authorization: `Token ${work.gomer.token}` };
    for (const path of ['/api/v1/task_create', '/api/v1/task_create/']) {
      const empty = await request<Row>(`${work.url}${path}`, { method: 'POST', headers });
      assert.equal(empty.status, 201, empty.text);
      const json = await work.gomer.send<Row>('POST', path, { name: `json ${path}`, args: [1], other: 'ignored' });
      assert.deepEqual([json.status, json.body.name], [201, `json ${path}`]);
      for (const { id } of [empty.body, json.body]) await cancel(work.gomer, id);
    }
    const form = await postForm(work.gomer, {
      name: 'a form',
      script: 'render.scene',
      args: '{"width": 64, "a": ["ё"]}',
    });
    assert.equal(form.status, 201, form.text);
    assert.deepEqual((await get<Task>(work.gomer, `/api/v1/tasks/${form.body.id}`)).args, { width: 64, a: ['ё'] });
    await cancel(work.gomer, form.body.id);
  });

  it('refuses what is wrong, also by field', async () => {
    const wrong: [body: object, pointer: string][] = [
      [{ name: '' }, '/name'],
      [{ name: 'a'.repeat(129) }, '/name'],
      [{ name: 1 }, '/name'],
      [{ script: 1 }, '/script'],
      [{ script: 'no.such' }, '/script'],
      [{ script: 'nonsense' }, '/script'],
      [{ args: 'text' }, '/args'],
      [{ args: 1 }, '/args'],
      [{ args: null }, '/args'],
    ];
    for (const [body, pointer] of wrong) {
      const answer = await work.operator.send<Problem & Record<string, unknown>>('POST', '/api/v1/task_create/', body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.equal(answer.body.code, 'INVALID_INPUT');
      assert.deepEqual(
        answer.body.errors?.map((error) => error.pointer),
        [pointer],
      );
      assert.ok(Array.isArray(answer.body[pointer.slice(1)]), JSON.stringify(answer.body));
    }
    for (const args of ['', '{', '1', '"a"', 'null', '{"a": 1e999}', `[${'['.repeat(100)}${']'.repeat(100)}]`]) {
      const answer = await postForm(work.gomer, { args });
      assert.equal(answer.status, 400, args);
      assert.ok(answer.body.errors?.[0]?.pointer.startsWith('/args'), answer.text);
      assert.ok('args' in answer.body, answer.text);
    }
    assert.equal((await work.gomer.send('POST', '/api/v1/task_create/', [])).status, 400);
  });

  it('gives a name once, across users and both faces', async () => {
    const name = `taken ${randomUUID()}`;
    const row = await create(work.gomer, { name });
    for (const person of [work.gomer, work.operator]) {
      const answer = await person.send<Record<string, unknown>>('POST', '/api/v1/task_create/', { name });
      assert.equal(answer.status, 400);
      assert.deepEqual(answer.body['name'], ['task with this Task name already exists.']);
    }
    const error = await work.operator.rpc.refusal('engine.create', { script: 'render.scene', name });
    assert.deepEqual([error.code, error.data?.errors?.[0]?.pointer], [-32602, '/name']);
    await cancel(work.gomer, row.id);
  });
});

describe('GET /api/v1/tasks/', () => {
  it('has own tasks, newest first, in pages when they are asked for', async () => {
    const marge = await work.add('marge', ['user']);
    const rows: Row[] = [];
    for (let n = 0; n < 5; n++) rows.unshift(await create(marge));
    for (const path of ['/api/v1/tasks', '/api/v1/tasks/']) assert.deepEqual(await get(marge, path), rows);
    const [, second, third] = rows;
    assert.deepEqual(await get(marge, '/api/v1/tasks/?limit=2'), rows.slice(0, 2));
    assert.deepEqual(await get(marge, `/api/v1/tasks/?limit=2&before=${second?.id}`), rows.slice(2, 4));
    assert.deepEqual(await get(marge, `/api/v1/tasks/?before=${third?.id}`), rows.slice(3));
    assert.deepEqual(await get(marge, '/api/v1/tasks/?before=0'), []);
    const all = await get<Row[]>(work.operator, '/api/v1/tasks/');
    assert.deepEqual(all.slice(0, 5), rows);
    for (const { id } of rows) assert.equal((await cancel(work.operator, id)).status, 200);
    for (const query of ['limit=0', 'limit=a', 'limit=-1', 'before=x', 'before=1.5', 'page=1']) {
      assert.equal((await marge.get(`/api/v1/tasks/?${query}`)).status, 400, query);
    }
  });

  it('has all of them when no limit is given, however many there are', async () => {
    const ned = await work.add('ned', ['user']);
    assert.deepEqual(await get(ned, '/api/v1/tasks/'), []);
    const ids: number[] = [];
    // No executor takes them during the test.
    const params = { script: 'render.scene', run_at: Date.now() / 1_000 + 3_600 };
    for (const count of [1_000, 1_000, 100]) {
      const batch = Array.from({ length: count }, (_, id) => ({
        ...{ jsonrpc: '2.0', id, method: 'engine.create', params },
      }));
      const { body } = await ned.send<{ result: Row }[]>('POST', '/rpc', batch);
      for (const { result } of body) ids.unshift(result.id);
    }
    const listed = await get<Row[]>(ned, '/api/v1/tasks/');
    assert.deepEqual(
      listed.map(({ id }) => id),
      ids,
    );
    assert.equal((await get<Row[]>(ned, '/api/v1/tasks/?limit=1500')).length, 1_500);
  });
});

describe('one task', () => {
  it('has the words of users for its statuses, and a history with the newest first', async () => {
    const row = await create(work.gomer, { args: { a: 1 } });
    const held = await work.executor.take(row.id);
    await held.report({ fraction: 0.5, text: 'half' });
    const working = await get<Task>(work.gomer, `/api/v1/tasks/${row.id}/`);
    assert.deepEqual(
      [working.status, working.progress, working.attempt],
      ['rendering', { fraction: 0.5, text: 'half' }, 1],
    );
    await held.finish({ done: true });
    const complete = await get<Task>(work.gomer, `/api/v1/tasks/${row.id}`);
    assert.deepEqual([complete.status, complete.result], ['complete', { done: true }]);

    for (const slash of ['', '/']) {
      type History = { task: Row; status_history: Entry[] };
      const { task, status_history } = await get<History>(work.gomer, `/api/v1/task_history/${row.id}${slash}`);
      assert.deepEqual(task, { ...row, status: 'complete' });
      for (const entry of status_history) {
        assert.deepEqual(Object.keys(entry), ['id', 'name', 'created_at', 'task']);
        assert.match(entry.created_at, TIME);
        assert.equal(entry.task, row.id);
      }
      assert.deepEqual(
        status_history.map(({ name }) => name),
        ['complete', 'rendering', 'create'],
      );
    }
  });

  it('that failed says why', async () => {
    const { id } = await create(work.gomer);
    await (await work.executor.take(id)).fail('The scene has no camera.');
    const task = await get<Task>(work.gomer, `/api/v1/tasks/${id}`);
    assert.deepEqual([task.status, task.errortext], ['error', 'The scene has no camera.']);
  });

  it('of somebody else, or of an id that is none, does not exist', async () => {
    const { id } = await create(work.operator);
    const paths = (name: string | number): [method: string, path: string][] => [
      ['GET', `/api/v1/tasks/${name}/`],
      ['GET', `/api/v1/task_history/${name}`],
      ['GET', `/api/v1/tasks/${name}/events`],
      ['GET', `/api/v1/tasks/${name}/result`],
      ['POST', `/api/v1/tasks/${name}/cancel`],
    ];
    for (const name of [id, 0, 999_999_999, 'abc', '1.5', '-1', '99999999999999999999', '%20']) {
      for (const [method, path] of paths(name)) {
        const answer = await work.gomer.send<Problem>(method, path);
        assert.deepEqual([answer.status, answer.body.code], [404, 'TASK_NOT_FOUND'], `${method} ${path}`);
      }
    }
    assert.equal((await cancel(work.operator, id)).status, 200);
  });

  it('is cancelled once', async () => {
    const { id } = await create(work.gomer);
    const cancelled = await cancel(work.gomer, id);
    assert.deepEqual([cancelled.status, cancelled.body.status, Object.keys(cancelled.body)], [200, 'cancelled', TASK]);
    const again = await work.gomer.send<Problem>('POST', `/api/v1/tasks/${id}/cancel/`);
    assert.deepEqual([again.status, again.body.code], [409, 'WRONG_STATE']);
  });
});

describe('GET /api/v1/statuses/', () => {
  it('has the statuses of all tasks, newest first, for operators and administrators', async () => {
    const row = await create(work.gomer);
    await cancel(work.gomer, row.id);
    for (const person of [work.operator, work.admin]) {
      const newest = await get<Entry[]>(person, '/api/v1/statuses/?limit=2');
      assert.deepEqual(
        newest.map(({ name, task }) => [name, task]),
        [
          ['cancelled', row.id],
          ['create', row.id],
        ],
      );
      const older = await get<Entry[]>(person, `/api/v1/statuses?limit=1&before=${newest[0]?.id}`);
      assert.deepEqual(older, [newest[1]]);
      const all = await get<Entry[]>(person, '/api/v1/statuses/');
      assert.ok(all.length > 2_000);
      assert.deepEqual(
        all.map(({ id }) => id),
        all.map(({ id }) => id).sort((a, b) => b - a),
      );
    }
    assert.equal((await work.gomer.get('/api/v1/statuses/')).status, 403);
  });
});

describe('GET /api/v1/tasks/{id}/result', () => {
  it('is 404 until there is one, then what the function returned, as JSON', async () => {
    const { id } = await create(work.gomer);
    const result = () => work.gomer.get<Problem>(`/api/v1/tasks/${id}/result`);
    assert.deepEqual([(await result()).status, (await result()).body.code], [404, 'RESULT_NOT_FOUND']);
    const held = await work.executor.take(id);
    assert.equal((await result()).status, 404);
    const value = { text: 'ё'.repeat(100_000) };
    await held.finish(value);
    const answer = await result();
    assert.match(answer.headers.get('Content-Type') ?? '', /^application\/json/);
    assert.deepEqual(answer.body, value);
    assert.equal((await work.gomer.get(`/api/v1/tasks/${id}/result/`)).status, 200);
  });

  it('is null when the function returned nothing, and 404 when it failed', async () => {
    const [nothing, failed] = [await create(work.gomer), await create(work.gomer)];
    await (await work.executor.take(nothing.id)).finish(null);
    await (await work.executor.take(failed.id)).fail('no');
    const answer = await work.gomer.get(`/api/v1/tasks/${nothing.id}/result`);
    assert.deepEqual([answer.status, answer.text], [200, 'null']);
    assert.equal((await work.gomer.get(`/api/v1/tasks/${failed.id}/result`)).status, 404);
  });

  it('is the attached file, byte for byte, with its own content type', async () => {
    const { id } = await create(work.gomer);
    const held = await work.executor.take(id);
    const pieces = [131_072, 131_072, 131_072, 7].map((size, i) => Buffer.alloc(size, i * 50 + 0x80));
    for (const piece of pieces) await held.attach(piece);
    await held.finish('beside', 'image/png');
    const headers = { Authorization: `Token ${work.gomer.token}` };
    const response = await fetch(`${work.url}/api/v1/tasks/${id}/result`, { headers });
    assert.equal(response.headers.get('Content-Type'), 'image/png');
    assert.equal(response.headers.get('Content-Length'), String(3 * 131_072 + 7));
    assert.equal(response.headers.get('X-Content-Type-Options'), 'nosniff');
    assert.match(response.headers.get('Content-Security-Policy') ?? '', /sandbox/);
    assert.ok(Buffer.concat(pieces).equals(Buffer.from(await response.arrayBuffer())));
    const head = await fetch(`${work.url}/api/v1/tasks/${id}/result`, { method: 'HEAD', headers });
    assert.deepEqual([head.status, head.headers.get('Content-Length')], [200, String(3 * 131_072 + 7)]);
    assert.equal((await get<Task>(work.gomer, `/api/v1/tasks/${id}`)).result, 'beside');
  });

  it('is plain bytes when what the script named is no content type', async () => {
    for (const named of ['', 'png', 'text/html\r\nX-Evil: 1', 'тип/подтип']) {
      const { id } = await create(work.gomer);
      const held = await work.executor.take(id);
      await held.attach(Buffer.from('<script>'));
      await held.finish(null, named);
      const answer = await work.gomer.get(`/api/v1/tasks/${id}/result`);
      assert.deepEqual([answer.status, answer.headers.get('Content-Type')], [200, 'application/octet-stream'], named);
      assert.equal(answer.headers.get('X-Evil'), null);
    }
  });
});

describe('GET /api/v1/tasks/{id}/events', () => {
  const headers = () => ({ Authorization: `Token ${work.gomer.token}` });

  it('tells of statuses and progress with the task as data, and closes after the end', async () => {
    const { id } = await create(work.gomer, { args: { long: 'x'.repeat(5_000) } });
    const url = `${work.url}/api/v1/tasks/${id}/events`;
    const sources = [await openEvents(url, headers()), await openEvents(`${url}/`, headers())];
    for (const source of sources) {
      const first = await source.next('status');
      assert.deepEqual(Object.keys(first.data), TASK);
      assert.deepEqual([first.data['status'], first.data['args']], ['create', null]);
    }
    const held = await work.executor.take(id);
    const heard = async (event: string, test: (data: Record<string, unknown>) => boolean) => {
      for (const source of sources) {
        let from = 0;
        for (;;) {
          const { data } = await source.next(event, from);
          if (test(data)) break;
          from++;
        }
      }
    };
    await heard('status', (data) => data['status'] === 'rendering');
    await held.report({ fraction: 0.5, text: 'half' });
    await heard('progress', (data) => (data['progress'] as { text: string } | null)?.text === 'half');
    await held.finish({ small: 1 });
    await heard('status', (data) => data['status'] === 'complete');
    for (const { events, isOver } of sources) {
      assert.deepEqual(events.at(-1)?.data['result'], { small: 1 });
      while (!isOver()) await new Promise(setImmediate);
    }
  });

  it('end with the token that opened them: revoked, expired, or of a user who was disabled; those of others go on', async () => {
    const moe = await work.add('moe', ['user', 'operator']);
    const { id } = await create(work.gomer);
    const open = (token: string | undefined) =>
      openEvents(`${work.url}/api/v1/tasks/${id}/events`, { Authorization: `Token ${token}` });
    type Shown = { id: number; token: string };
    const issue = async (more: object) =>
      (await moe.send<Shown>('POST', '/api/v1/tokens/', { name: 'watch', ...more })).body;
    const [revoked, expiring, kept] = [await issue({}), await issue({ expires_in_s: 1 }), await issue({})];
    const streams = {
      others: await open(work.gomer.token),
      kept: await open(kept.token),
      expiring: await open(expiring.token),
      revoked: await open(revoked.token),
    };
    await until('the token has expired', () => streams.expiring.isOver());
    assert.equal(streams.revoked.isOver(), false);
    assert.equal((await moe.send('DELETE', `/api/v1/tokens/${revoked.id}`)).status, 204);
    await until('the token is revoked', () => streams.revoked.isOver());
    assert.equal(streams.kept.isOver(), false);
    assert.equal((await work.admin.send('PATCH', '/api/v1/users/moe', { enabled: false })).status, 200);
    await until('the user is disabled', () => streams.kept.isOver());
    assert.equal(streams.others.isOver(), false);
    await cancel(work.gomer, id);
    await until('the task has ended', () => streams.others.isOver());
  });

  it('of a task that has ended are its status alone', async () => {
    const { id } = await create(work.gomer);
    await cancel(work.gomer, id);
    const answer = await work.gomer.get<string>(`/api/v1/tasks/${id}/events`);
    assert.match(answer.headers.get('Content-Type') ?? '', /^text\/event-stream/);
    assert.match(answer.text, /^event: status\ndata: \{.*"status":"cancelled".*\}\n\n$/);
  });

  it('tell of the end also when it comes after many reports', async () => {
    const { id } = await create(work.gomer);
    const held = await work.executor.take(id);
    const source = await openEvents(`${work.url}/api/v1/tasks/${id}/events`, headers());
    for (let row = 1; row <= 50; row++) await held.report({ fraction: row / 50, text: `row ${row}` });
    await held.finish(null);
    const done = async (): Promise<void> => {
      for (let from = 0; ; from++) if ((await source.next('status', from)).data['status'] === 'complete') return;
    };
    await done();
    source.close();
  });
});
