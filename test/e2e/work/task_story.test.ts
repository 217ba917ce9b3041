import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decode } from 'fast-png';
import { openEvents } from '../../support/http/events.js';
import { rpcCaller } from '../../support/http/rpc.js';
import { useService } from '../../support/suite.js';
import { addUser, callerWith, logInAs, readAdminToken } from '../../support/users.js';
import { makeScriptDir } from '../../support/work/work_suite.js';

const SCRIPTS = makeScriptDir({
  'tests/test_api/script_for_test_api.mjs':
    'export async function test_function({ a, b }) {\n  console.log("adding", a, b);\n  this.task.progress(0.5, "half");\n  return { sum: a + b };\n}\n',
  'sums.py': 'import svodka_task\n\ndef total(*values):\n    svodka_task.progress(1, "done")\n    return sum(values)\n',
});

type Task = { id: number; status: string; result: unknown; attempt: number };

describe('a user with a service as npm start runs it', () => {
  const service = useService({ env: { SVODKA_SCRIPT_DIR: SCRIPTS, SVODKA_EXECUTORS: '1' } });

  it('creates a task, watches it, and opens the rendered picture', async () => {
    const gomer = await logInAs(service.url, 'gomer');
    const created = await gomer.send<Task>('POST', '/api/v1/task_create/', { args: { width: 48, height: 32 } });
    assert.equal(created.status, 201);
    const path = `/api/v1/tasks/${created.body.id}`;
    const source = await openEvents(`${service.url}${path}/events`, { Authorization: `Token ${gomer.token}` });
    for (let from = 0; (await source.next('status', from)).data['status'] !== 'complete'; from++);
    const response = await fetch(`${service.url}${path}/result`, {
      headers: { Authorization: `Token ${gomer.token}` },
    });
    assert.equal(response.headers.get('Content-Type'), 'image/png');
    const { width, height } = decode(new Uint8Array(await response.arrayBuffer()));
    assert.deepEqual([width, height], [48, 32]);
    const history = await gomer.get<{ status_history: { name: string }[] }>(`/api/v1/task_history/${created.body.id}`);
    assert.deepEqual(
      history.body.status_history.map(({ name }) => name),
      ['complete', 'rendering', 'create'],
    );
  });

  it('posts engine.create and reads the result, of scripts in both languages', async () => {
    const admin = callerWith(service.url, readAdminToken(service.dataDir));
    const { token } = await addUser(service.url, admin, 'burns', ['operator']);
    const rpc = rpcCaller(service.url, token);
    const script = 'tests.test_api.script_for_test_api.test_function';
    const cases: [params: object, result: unknown][] = [
      [{ script, args: { a: 1, b: 2 } }, { sum: 3 }],
      [{ script: 'sums.total', args: [1, 2, 3.5] }, 6.5],
    ];
    for (const [params, result] of cases) {
      const { id } = await rpc.call<Task>('engine.create', params);
      const ended = await rpc.call<Task>('engine.result', { task_id: id, wait_s: 60 });
      assert.deepEqual([ended.status, ended.result, ended.attempt], ['finished', result, 1], JSON.stringify(ended));
    }
    const { items } = await rpc.call<{ items: Task[] }>('engine.list', { user: 'burns', order: 'created' });
    const log = await rpc.call<{ text: string; ended: boolean }>('engine.log', { task_id: items[0]?.id });
    assert.deepEqual([log.text, log.ended], ['adding 1 2\n', true]);
  });
});
