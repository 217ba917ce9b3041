import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { postRpc } from '../../support/http/rpc.js';
import { makeScriptDir, type Person, useWork } from '../../support/work/work_suite.js';

const MAX_OPEN = 60;
const SCRIPTS = makeScriptDir({
  'tests/test_api/script_for_test_api.mjs': 'export function test_function(args) { return args; }\n',
  'sums.py': 'def total(**values):\n    return sum(values.values())\n',
  'both.js': 'exports.run = () => 1;\n',
  'both.py': 'def run():\n    return 1\n',
  'broken.mjs': 'export function (\n',
});
const work = useWork({ SVODKA_SCRIPT_DIR: SCRIPTS, SVODKA_TASKS_OPEN: String(MAX_OPEN) });

type Task = Record<string, unknown> & { id: number; task_id: string; status: string; name: string };

const MEMBERS = [
  ...['task_id', 'id', 'status', 'script', 'type', 'args', 'meta', 'name', 'user', 'priority', 'attempt'],
  ...[
    'max_attempts',
    'progress',
    'result',
    'errortext',
    'cause',
    'locked_by',
    'created',
    'updated',
    'started',
    'ended',
  ],
];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function create(person: Person, params: object = {}): Promise<Task> {
  return person.rpc.call<Task>('engine.create', { script: 'render.scene', ...params });
}

async function invalid(params: object, person = work.operator) {
  const { code, data } = await person.rpc.refusal('engine.create', params);
  assert.equal(code, -32602, JSON.stringify(data));
  assert.equal(data?.code, 'INVALID_INPUT');
  return (data?.errors ?? []).map(({ pointer }) => pointer);
}

async function expectCode(person: Person, method: string, params: object, code: number, name: string) {
  const error = await person.rpc.refusal(method, params);
  assert.deepEqual([error.code, error.data?.code], [code, name], `${method} ${JSON.stringify(params)}`);
}

describe('engine.create', () => {
  it('refuses whole numbers whose digits would be lost, wherever they are, and stores those that come back', async () => {
    const send = async (number: string) => {
      const params = `{"script":"render.scene","args":{"deep":[{"n":${number}}]}}`;
      const body = `{"jsonrpc":"2.0","id":1,"method":"engine.create","params":${params}}`;
      return (await postRpc(work.url, work.gomer.token, body)).body as {
        result?: Task;
        error?: { code: number; data: { errors: { pointer: string; code: string }[] } };
      };
    };
    for (const number of ['9007199254740993', '-9007199254740993', '12345678901234567891', '1e400']) {
      const { code, data } = (await send(number)).error ?? assert.fail(number);
      assert.equal(code, -32602);
      assert.deepEqual(
        data.errors.map(({ pointer, code }) => [pointer, code]),
        [['/args/deep/0/n', 'OUT_OF_RANGE']],
      );
    }
    for (const number of ['9007199254740992', '12345678901234567000', '1e300', '0.1']) {
      const { result } = await send(number);
      assert.deepEqual(result?.['args'], { deep: [{ n: Number(number) }] }, number);
      await work.gomer.rpc.call('engine.cancel', { task_id: result?.id });
    }
  });

  it('stores the tasks of a batch in their order, whatever their scripts cost to be looked for', async () => {
    // Python is asked what a file of Python defines: it answers long after the others.
    const scripts = [
      'sums.total',
      'render.scene',
      'tests.test_api.script_for_test_api.test_function',
      'nowhere.at_all',
    ];
    const key = randomUUID();
    const requests = [...scripts, ...scripts, 'render.scene', 'render.scene'].map((script, id) => ({
      jsonrpc: '2.0',
      method: 'engine.create',
      id,
      params: { script, meta: { batch: 'mixed' }, ...(id >= 8 && { key, args: { id } }) },
    }));
    const { body } = await postRpc(work.url, work.operator.token, JSON.stringify(requests));
    const responses = body as { id: number; result?: Task; error?: { code: number } }[];
    assert.deepEqual(
      responses.map(({ id, error }) => [id, error?.code]),
      requests.map(({ id }) => [id, id === 3 || id === 7 ? -32602 : undefined]),
    );
    const tasks = responses.flatMap(({ result }) => (result === undefined ? [] : [result]));
    const ids = tasks.map(({ id }) => id);
    assert.deepEqual(
      ids.slice(0, 7),
      [...ids.slice(0, 7)].sort((a, b) => a - b),
    );
    assert.equal(ids[7], ids[6], 'the first of two with one key is stored');
    assert.deepEqual(tasks[7]?.['args'], { id: 8 });
    for (const { id } of tasks) if (id !== ids[7]) await work.operator.rpc.call('engine.cancel', { task_id: id });
  });

  it('stores a task with its defaults, and answers every member in order', async () => {
    const before = Date.now() / 1_000;
    const task = await create(work.gomer);
    assert.deepEqual(Object.keys(task), MEMBERS);
    const { task_id, id, name, created, updated, ...rest } = task;
    assert.match(task_id, UUID);
    assert.ok(Number.isSafeInteger(id) && id > 0);
    assert.match(name, /^task_gomer_\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z$/);
    assert.ok((created as number) >= before - 1 && (created as number) <= Date.now() / 1_000 + 1);
    assert.equal(updated, created);
    assert.deepEqual(rest, {
      status: 'enqueued',
      script: 'render.scene',
      type: 'script',
      args: {},
      meta: {},
      user: 'gomer',
      priority: 0,
      attempt: 0,
      max_attempts: 1,
      progress: null,
      result: null,
      errortext: null,
      cause: null,
      locked_by: null,
      started: null,
      ended: null,
    });
    await work.gomer.rpc.call('engine.cancel', { task_id });
  });

  it('keeps what it is given, however long the arguments are', async () => {
    const args = ['ё', 1.5, null, { deep: [[[]]] }, 'x'.repeat(500_000), '\ud800'];
    const meta = { ключ: [1, { b: 2, a: 3 }] };
    const given = { args, meta, name: `a name ${randomUUID()}`, priority: -100, max_attempts: 100 };
    const task = await create(work.gomer, { ...given, backoff_s: 0, timeout_s: 1.5, memory_mb: 64, key: 'k1' });
    for (const [name, value] of Object.entries(given)) assert.deepEqual(task[name], value, name);
    assert.deepEqual(await work.gomer.rpc.call('engine.status', { task_id: task.id }), task);
    await work.gomer.rpc.call('engine.cancel', { task_id: task.id });
  });

  it('takes scripts by a dotted path, in JavaScript and Python', async () => {
    for (const script of ['tests.test_api.script_for_test_api.test_function', 'sums.total']) {
      const task = await create(work.operator, { script });
      assert.equal(task['script'], script);
      await work.operator.rpc.call('engine.cancel', { task_id: task.id });
    }
  });

  it('refuses scripts that do not exist, naming the file or the function, and stores nothing', async () => {
    const cases: [script: string, names: RegExp][] = [
      ['tests.test_api.no_such_file.run', /tests\/test_api\/no_such_file/],
      ['tests.test_api.script_for_test_api.other', /function other/],
      ['sums.other', /function other/],
      ['both.run', /both/],
      ['broken.run', /broken/],
      ['run', /folder\.file\.function/],
      ['../etc.passwd', /folder\.file\.function/],
      ['a..b', /folder\.file\.function/],
      ['a.b/c', /folder\.file\.function/],
    ];
    const { total } = await work.operator.rpc.call<{ total: number }>('engine.list');
    for (const [script, names] of cases) {
      const error = await work.operator.rpc.refusal('engine.create', { script });
      assert.equal(error.code, -32602);
      const [fault] = error.data?.errors ?? [];
      assert.deepEqual([fault?.pointer, fault?.code], ['/script', 'NO_SUCH_SCRIPT']);
      assert.match(fault?.detail ?? '', names);
    }
    assert.equal((await work.operator.rpc.call<{ total: number }>('engine.list')).total, total);
  });

  it('refuses wrong params with a pointer to each', async () => {
    assert.deepEqual(await invalid({}), ['/script']);
    const script = 'render.scene';
    const wrong: [name: string, values: unknown[]][] = [
      ['script', [1, null, '', 'a'.repeat(513)]],
      ['args', [1, 'text', null, true]],
      ['meta', [[], 1, null, { '\udc00': 1 }]],
      ['name', ['', 'a'.repeat(129), 1, null, 'half \ud83d']],
      ['type', ['run', 'other', 1]],
      ['priority', [-101, 101, 1.5, '1', null]],
      ['max_attempts', [0, 101, 1.5, null]],
      ['backoff_s', [-1, '1', null]],
      ['timeout_s', [0, -1, '1']],
      ['memory_mb', [0, -1, '1']],
      ['run_at', [-1, '2026-11-27', null]],
      ['key', ['', 1, 'a'.repeat(257), null, '\ud800']],
      ['unknown', [1]],
    ];
    for (const [name, values] of wrong) {
      for (const value of values) assert.deepEqual(await invalid({ script, [name]: value }), [`/${name}`], name);
    }
    assert.deepEqual((await invalid({ script: 1, priority: 'a', no: 1 })).sort(), ['/no', '/priority', '/script']);
    assert.deepEqual(await invalid({ script, meta: { long: 'x'.repeat(20_000) } }), ['/meta']);
    assert.equal((await work.gomer.rpc.refusal('engine.create', ['render.scene'])).code, -32602);
  });

  it('gives a name once, whoever asks for it', async () => {
    const task = await create(work.gomer, { name: 'the only one' });
    assert.deepEqual(await invalid({ script: 'render.scene', name: 'the only one' }), ['/name']);
    assert.deepEqual(await invalid({ script: 'render.scene', name: 'the only one' }, work.gomer), ['/name']);
    await work.gomer.rpc.call('engine.cancel', { task_id: task.id });
  });

  it('answers the open task of a key, of the same user, until that has ended', async () => {
    const first = await create(work.gomer, { key: 'daily', args: { day: 1 } });
    assert.deepEqual(await create(work.gomer, { key: 'daily', args: { day: 2 } }), first);
    const other = await create(work.operator, { key: 'daily' });
    assert.notEqual(other.id, first.id);
    await work.gomer.rpc.call('engine.cancel', { task_id: first.id });
    const next = await create(work.gomer, { key: 'daily' });
    assert.notEqual(next.id, first.id);
    await work.operator.rpc.call('engine.cancel', { task_id: next.id });
    await work.operator.rpc.call('engine.cancel', { task_id: other.id });
  });

  it('makes one task of many requests at once under one key', async () => {
    const tasks = await Promise.all(Array.from({ length: 20 }, () => create(work.gomer, { key: 'at once' })));
    assert.equal(new Set(tasks.map(({ id }) => id)).size, 1);
    await work.gomer.rpc.call('engine.cancel', { task_id: tasks[0]?.id });
  });

  it(`refuses a user's open task beyond ${MAX_OPEN}, and takes one again once another has ended`, async () => {
    const lisa = await work.add('lisa', ['user']);
    const tasks = await Promise.all(Array.from({ length: MAX_OPEN }, () => create(lisa)));
    await expectCode(lisa, 'engine.create', { script: 'render.scene' }, -32029, 'TOO_MANY_TASKS');
    const answer = await lisa.send('POST', '/api/v1/task_create/', {});
    assert.equal(answer.status, 429);
    const [first, ...rest] = tasks.map(({ id }) => id);
    await lisa.rpc.call('engine.cancel', { task_id: first });
    const last = await create(lisa);
    for (const id of [...rest, last.id]) await lisa.rpc.call('engine.cancel', { task_id: id });
  });
});

describe('rights of the engine', () => {
  it('let a user run the scripts that come with Svodka, and an operator and an administrator any', async () => {
    const script = 'sums.total';
    await expectCode(work.gomer, 'engine.create', { script }, -32001, 'FORBIDDEN');
    assert.equal((await work.gomer.send('POST', '/api/v1/task_create/', { script })).status, 403);
    for (const person of [work.operator, work.admin]) {
      const { id } = await create(person, { script });
      await person.rpc.call('engine.cancel', { task_id: id });
    }
  });

  it('show a user nothing of the tasks of others', async () => {
    const { id, task_id } = await create(work.operator);
    for (const ref of [id, task_id]) {
      for (const method of ['status', 'result', 'history', 'log', 'cancel', 'retry']) {
        await expectCode(work.gomer, `engine.${method}`, { task_id: ref }, -32004, 'TASK_NOT_FOUND');
      }
    }
    const own = await create(work.gomer, { meta: { mine: true } });
    const list = (person: Person, params: object) =>
      person.rpc.call<{ items: Task[]; total: number }>('engine.list', params);
    assert.ok((await list(work.gomer, { limit: 1000 })).items.every((task) => task['user'] === 'gomer'));
    assert.deepEqual(await list(work.gomer, { user: 'burns' }), { items: [], total: 0 });
    const seen = await list(work.operator, { user: 'gomer', meta: { mine: true } });
    assert.deepEqual(
      seen.items.map((task) => task.id),
      [own.id],
    );
    assert.equal((await work.operator.rpc.call<Task>('engine.cancel', { task_id: own.task_id })).status, 'cancelled');
    await work.operator.rpc.call('engine.cancel', { task_id: id });
  });

  it('keep a script from somebody who may run it no more', async () => {
    const carl = await work.add('carl', ['operator']);
    const { id } = await create(carl, { script: 'sums.total' });
    await carl.rpc.call('engine.cancel', { task_id: id });
    await work.admin.send('PATCH', '/api/v1/users/carl', { roles: ['user'] });
    await expectCode(carl, 'engine.retry', { task_id: id }, -32001, 'FORBIDDEN');
  });
});

describe('a task that is worked on', () => {
  it('has status, progress, result and times, under its id and its uuid', async () => {
    const task = await create(work.gomer, { args: { a: 1 } });
    const held = await work.executor.take(task.id);
    await held.report({ fraction: 0.25, text: 'row 1' });
    const working = await work.gomer.rpc.call<Task>('engine.status', { task_id: task.task_id.toUpperCase() });
    assert.deepEqual(
      [working.status, working['progress'], working['attempt'], working['locked_by'], working['ended']],
      ['working', { fraction: 0.25, text: 'row 1' }, 1, 'by hand', null],
    );
    assert.ok((working['started'] as number) >= (task['created'] as number));
    const result = { long: 'y'.repeat(300_000), list: [1, 2.5, null] };
    await held.finish(result);
    const ended = await work.gomer.rpc.call<Task>('engine.status', { task_id: task.id });
    assert.deepEqual([ended.status, ended['result'], ended['locked_by']], ['finished', result, null]);
    assert.ok((ended['ended'] as number) >= (working['started'] as number));
    assert.deepEqual(Object.keys(ended), MEMBERS);
  });

  it('has a cause when it failed', async () => {
    const task = await create(work.gomer);
    await (await work.executor.take(task.id)).fail('It broke.', { kind: 'exit', code: 3 });
    const failed = await work.gomer.rpc.call<Task>('engine.result', { task_id: task.id });
    assert.deepEqual(
      [failed.status, failed['errortext'], failed['cause'], failed['result']],
      ['failed', 'It broke.', { kind: 'exit', code: 3 }, null],
    );
  });

  it('is awaited by engine.result, which answers at its end', async () => {
    const task = await create(work.gomer);
    const held = await work.executor.take(task.id);
    const waits = Array.from({ length: 20 }, () =>
      work.gomer.rpc.call<Task>('engine.result', { task_id: task.task_id, wait_s: 60 }),
    );
    await held.report({ fraction: 0.5, text: '' });
    await held.finish('done');
    for (const ended of await Promise.all(waits))
      assert.deepEqual([ended.status, ended['result']], ['finished', 'done']);
    assert.equal(
      (await work.gomer.rpc.call<Task>('engine.result', { task_id: task.id, wait_s: 60 })).status,
      'finished',
    );
  });

  it('is answered as it is when the wait is over', async () => {
    const task = await create(work.gomer, { run_at: Date.now() / 1_000 + 3_600 });
    for (const params of [{}, { wait_s: 0 }, { wait_s: 0.2 }]) {
      const answered = await work.gomer.rpc.call<Task>('engine.result', { task_id: task.id, ...params });
      assert.deepEqual(answered, task);
    }
    for (const wait of [-1, 60.5, '1']) {
      await expectCode(work.gomer, 'engine.result', { task_id: task.id, wait_s: wait }, -32602, 'INVALID_INPUT');
    }
    await work.gomer.rpc.call('engine.cancel', { task_id: task.id });
  });

  it('has a history, oldest first', async () => {
    const task = await create(work.gomer, { max_attempts: 2, backoff_s: 0 });
    await (await work.executor.take(task.id)).fail('once', { kind: 'error' });
    await (await work.executor.take(task.id)).finish(1);
    const history = await work.gomer.rpc.call<Record<string, unknown>[]>('engine.history', { task_id: task.task_id });
    for (const entry of history) assert.deepEqual(Object.keys(entry), ['status', 'at', 'attempt', 'cause', 'by']);
    assert.deepEqual(
      history.map(({ status, attempt, cause, by }) => [status, attempt, cause, by]),
      [
        ['enqueued', 0, null, 'gomer'],
        ['working', 1, null, 'by hand'],
        ['enqueued', 1, { kind: 'error' }, 'by hand'],
        ['working', 2, null, 'by hand'],
        ['finished', 2, null, 'by hand'],
      ],
    );
    const times = history.map(({ at }) => at as number);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  });

  it('has a log, whose pages put together are the log, whatever their limit is', async () => {
    const task = await create(work.gomer);
    const held = await work.executor.take(task.id);
    const text = `${'строка ✓ 𝄞 line\n'.repeat(200)}end`;
    for (let at = 0; at < text.length; at += 500) await held.report(undefined, text.slice(at, at + 500));
    await held.finish(null);
    for (const limit of [1, 2, 3, 7, 1_000, 1024 * 1024]) {
      let [from, whole, rounds] = [0, '', 0];
      for (;;) {
        type Page = { text: string; from: number; next: number; ended: boolean };
        const page = await work.gomer.rpc.call<Page>('engine.log', { task_id: task.id, from, limit });
        assert.deepEqual(Object.keys(page), ['text', 'from', 'next', 'ended']);
        assert.equal(page.from, from);
        whole += page.text;
        from = page.next;
        if (page.ended || ++rounds === 100) break;
      }
      assert.ok(text.startsWith(whole));
      if (rounds < 100) assert.equal(whole, text);
      else assert.ok(whole.length >= 20);
    }
    for (const params of [{ from: -1 }, { from: 0.5 }, { limit: 0 }, { limit: 2 ** 21 }]) {
      await expectCode(work.gomer, 'engine.log', { task_id: task.id, ...params }, -32602, 'INVALID_INPUT');
    }
  });

  it('has a log that can be followed: a page that would be empty is answered with the next text, or at the end', async () => {
    type Page = { text: string; next: number; ended: boolean };
    const page = (params: object) => work.gomer.rpc.call<Page>('engine.log', params);
    const task = await create(work.gomer);
    const held = await work.executor.take(task.id);
    await held.report(undefined, 'first\n');
    const follow = { task_id: task.id, wait_s: 60 };
    assert.equal((await page({ ...follow, from: 0 })).text, 'first\n');
    const second = page({ ...follow, from: 6 });
    await held.report({ fraction: 0.5, text: '' });
    await held.report(undefined, 'second\n');
    assert.deepEqual(await second, { text: 'second\n', from: 6, next: 13, ended: false });
    const last = page({ ...follow, from: 13 });
    await held.finish(null);
    assert.deepEqual(await last, { text: '', from: 13, next: 13, ended: true });
    assert.equal((await page({ task_id: task.id, from: 13, wait_s: 0 })).ended, true);
    await expectCode(work.gomer, 'engine.log', { task_id: task.id, wait_s: 61 }, -32602, 'INVALID_INPUT');
  });

  it('is cancelled at once while it waits, and told to stop while it works', async () => {
    const waiting = await create(work.gomer);
    const cancelled = await work.gomer.rpc.call<Task>('engine.cancel', { task_id: waiting.id });
    assert.deepEqual([cancelled.status, cancelled['cause']], ['cancelled', null]);
    await expectCode(work.gomer, 'engine.cancel', { task_id: waiting.id }, -32009, 'WRONG_STATE');

    const task = await create(work.gomer);
    const held = await work.executor.take(task.id);
    assert.equal((await work.gomer.rpc.call<Task>('engine.cancel', { task_id: task.id })).status, 'working');
    await held.stop();
    assert.equal((await work.gomer.rpc.call<Task>('engine.status', { task_id: task.id })).status, 'cancelled');
  });

  it('is enqueued again by retry once it has ended, with attempts that count on', async () => {
    const task = await create(work.gomer, { max_attempts: 1 });
    await expectCode(work.gomer, 'engine.retry', { task_id: task.id }, -32009, 'WRONG_STATE');
    const held = await work.executor.take(task.id);
    await expectCode(work.gomer, 'engine.retry', { task_id: task.id }, -32009, 'WRONG_STATE');
    await held.fail('no');
    const again = await work.gomer.rpc.call<Task>('engine.retry', { task_id: task.id });
    assert.deepEqual(
      [again.status, again['attempt'], again['errortext'], again['cause'], again['ended']],
      ['enqueued', 1, null, null, null],
    );
    await (await work.executor.take(task.id)).finish(2);
    const ended = await work.gomer.rpc.call<Task>('engine.status', { task_id: task.id });
    assert.deepEqual([ended.status, ended['attempt'], ended['result']], ['finished', 2, 2]);
  });

  it('of an id that nobody has is -32004, and of what is no id -32602', async () => {
    for (const method of ['status', 'result', 'history', 'log', 'cancel', 'retry']) {
      for (const ref of [0, 999_999_999, Number.MAX_SAFE_INTEGER, randomUUID()]) {
        await expectCode(work.operator, `engine.${method}`, { task_id: ref }, -32004, 'TASK_NOT_FOUND');
      }
      for (const ref of ['', 'abc', -1, 1.5, null, [], true]) {
        const error = await work.operator.rpc.refusal(`engine.${method}`, { task_id: ref });
        assert.deepEqual([error.code, error.data?.errors?.[0]?.pointer], [-32602, '/task_id'], String(ref));
      }
      assert.equal((await work.operator.rpc.refusal(`engine.${method}`)).code, -32602);
    }
  });
});

describe('engine.list', () => {
  it('filters, pages and orders, and counts what the filters leave', async () => {
    const barney = await work.add('barney', ['user']);
    const tasks: Task[] = [];
    for (let n = 0; n < 12; n++) {
      tasks.push(await create(barney, { meta: { n: n % 3, tag: { b: 1, a: [n % 2] } } }));
    }
    for (const { id } of tasks.slice(0, 4))
      tasks[tasks.findIndex((task) => task.id === id)] = await barney.rpc.call('engine.cancel', { task_id: id });
    type Page = { items: Task[]; total: number };
    const list = (params: object = {}) => barney.rpc.call<Page>('engine.list', params);
    const newestFirst = tasks.toReversed();

    assert.deepEqual(await list(), { items: newestFirst, total: 12 });
    assert.deepEqual(await list({ order: 'created' }), { items: tasks, total: 12 });
    assert.deepEqual(await list({ offset: 3, limit: 4 }), { items: newestFirst.slice(3, 7), total: 12 });
    assert.deepEqual(await list({ offset: 100 }), { items: [], total: 12 });
    assert.deepEqual(await list({ status: 'cancelled' }), { items: newestFirst.slice(8), total: 4 });
    assert.deepEqual(await list({ status: 'working' }), { items: [], total: 0 });
    assert.deepEqual((await list({ type: 'script', limit: 1 })).total, 12);
    assert.deepEqual(await list({ type: 'run' }), { items: [], total: 0 });
    assert.deepEqual(await list({ user: 'barney', limit: 2 }), { items: newestFirst.slice(0, 2), total: 12 });

    const fits = newestFirst.filter((task) => (task['meta'] as { n: number }).n === 1);
    assert.deepEqual(await list({ meta: { n: 1 }, limit: 3 }), { items: fits.slice(0, 3), total: 4 });
    assert.deepEqual((await list({ meta: { tag: { a: [1], b: 1 } } })).total, 6);
    assert.deepEqual(await list({ meta: { n: '1' } }), { items: [], total: 0 });
    assert.deepEqual(await list({ meta: { no: null } }), { items: [], total: 0 });
    for (const { id } of tasks.slice(4)) await barney.rpc.call('engine.cancel', { task_id: id });
  });

  it('leaves out arguments and results that are long, and says so', async () => {
    const apu = await work.add('apu', ['user']);
    const args = { text: 'x'.repeat(3_000) };
    const task = await create(apu, { args });
    await (await work.executor.take(task.id)).finish('y'.repeat(3_000));
    const { items } = await apu.rpc.call<{ items: Task[] }>('engine.list');
    assert.deepEqual(
      [items[0]?.['args'], items[0]?.['result'], items[0]?.['omitted']],
      [null, null, ['args', 'result']],
    );
    assert.deepEqual((await apu.rpc.call<Task>('engine.status', { task_id: task.id }))['args'], args);
  });

  it('refuses wrong params', async () => {
    const wrong = [
      ...[{ limit: 0 }, { limit: 1_001 }, { limit: '1' }, { offset: -1 }, { offset: 1.5 }, { order: 'name' }],
      ...[{ status: 'complete' }, { type: 'x' }, { user: 1 }, { meta: [] }, { page: 1 }],
    ];
    for (const params of wrong) await expectCode(work.gomer, 'engine.list', params, -32602, 'INVALID_INPUT');
  });
});

describe('requests at once', () => {
  it('get a task each, with ids and names of their own', async () => {
    const moe = await work.add('moe', ['user']);
    const tasks = await Promise.all(Array.from({ length: 50 }, (_, n) => create(moe, { args: { n } })));
    assert.equal(new Set(tasks.map(({ id }) => id)).size, 50);
    assert.equal(new Set(tasks.map(({ name }) => name)).size, 50);
    for (const [n, task] of tasks.entries()) assert.deepEqual(task['args'], { n });
    for (const { id } of tasks) await moe.rpc.call('engine.cancel', { task_id: id });
  });

  it('of a batch see what those before them did', async () => {
    const name = `in a batch ${randomUUID()}`;
    const request = (id: number, method: string, params: object) => ({ jsonrpc: '2.0', id, method, params });
    const creation = { script: 'render.scene', name, key: name };
    const batch = [
      request(1, 'engine.create', creation),
      request(2, 'engine.create', creation),
      request(3, 'engine.create', { ...creation, key: undefined }),
    ];
    const { body } = await postRpc(work.url, work.gomer.token, JSON.stringify(batch));
    const [first, second, third] = body as { result?: Task; error?: { code: number } }[];
    assert.deepEqual(second?.result, first?.result);
    assert.equal(third?.error?.code, -32602);
    await work.gomer.rpc.call('engine.cancel', { task_id: first?.result?.id });
  });
});
