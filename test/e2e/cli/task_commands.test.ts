import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeFile, runCommand, SVODKA, startCommand } from '../../support/command_line.js';
import { makeFolder } from '../../support/folder.js';
import { useService } from '../../support/suite.js';
import { makeScriptDir } from '../../support/work/work_suite.js';

const SCRIPTS = makeScriptDir({
  'sums.mjs':
    'export async function add({ a, b }) {\n  console.log("adding", a, b);\n  console.log("\\u001b[2Jred");\n  return { sum: a + b };\n}\n' +
    'export async function fail() {\n  throw new Error("no such gate\\nit is shut");\n}\n' +
    'export async function wait() {\n  console.log("waiting");\n  await new Promise((resolve) => this.task.signal.addEventListener("abort", resolve));\n  console.log("told to stop");\n}\n',
});

describe('svodka rpc and svodka task', () => {
  const service = useService({ env: { SVODKA_SCRIPT_DIR: SCRIPTS, SVODKA_EXECUTORS: '1' } });
  // The program finds the administrator's token in the data folder.
  const env = () => ({ SVODKA_URL: service.url, SVODKA_DATA_DIR: service.dataDir });
  const svodka = (args: readonly string[], stdin?: string) =>
    runCommand(SVODKA, args, { env: env(), stdin: stdin ?? '' });

  async function create(params: object): Promise<number> {
    const { code, stdout, stderr } = await svodka(['rpc', 'engine.create', JSON.stringify(params), '--json']);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout).id;
  }
  const end = (id: number) => svodka(['rpc', 'engine.result', JSON.stringify({ task_id: id, wait_s: 60 })]);

  it('calls a method with params from the command line, a file, and stdin', async () => {
    const params = JSON.stringify({ script: 'sums.add', args: { a: 1, b: 2 } });
    for (const [given, stdin] of [[params], [`@${makeFile('params.json', params)}`], ['-', params]] as const) {
      const created = await svodka(['rpc', 'engine.create', given as string], stdin);
      assert.equal(created.code, 0, created.stderr);
      assert.match(created.stdout, /^\{\n {2}"task_id": "[-0-9a-f]{36}",\n/);
      const ended = await end(JSON.parse(created.stdout).id);
      assert.deepEqual(JSON.parse(ended.stdout).result, { sum: 3 });
    }
    const discovered = await svodka(['rpc', 'rpc.discover', '--json']);
    assert.equal(discovered.stdout.split('\n').length, 2, 'one line');
    assert.equal(JSON.parse(discovered.stdout).openrpc, '1.3.2');
  });

  it('says what was refused: each fault with its pointer', async () => {
    const args = ['rpc', 'engine.create', '{"script": "sums.add", "priority": 1000, "names": 1}'];
    const { code, stdout, stderr } = await svodka(args);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^Refused: 2 rules are broken\. Nothing was done\. \(INVALID_INPUT\)\n/);
    assert.match(stderr, /^ {2}\/priority must be at most 100$/m);
    assert.match(stderr, /^ {2}\/names /m);
    const asJson = await svodka([...args, '--json']);
    assert.equal(asJson.code, 1);
    assert.equal(JSON.parse(asJson.stdout).code, -32602);
    const unknown = await svodka(['rpc', 'engine.nothing']);
    assert.deepEqual([unknown.code, unknown.stderr], [1, 'Refused: Method not found\n']);
  });

  it('lists tasks as a table or as JSON, filtered', async () => {
    const id = await create({ script: 'sums.fail', name: 'that fails' });
    await end(id);
    const { code, stdout } = await svodka(['task', 'list', '--status', 'failed']);
    assert.equal(code, 0);
    assert.match(stdout, /^│ id +│ status │ name +│ script +│ user +│ created \(UTC\) +│$/m);
    assert.match(stdout, new RegExp(`│ ${id} +│ failed │ that fails │ sums\\.fail │ admin +│ 20`));
    assert.doesNotMatch(stdout, /finished/);
    const json = await svodka(['task', 'list', '--user', 'admin', '--limit', '1', '--json']);
    const { items, total } = JSON.parse(json.stdout);
    assert.deepEqual([items.length, items[0].id, total >= 1], [1, id, true]);
    assert.equal((await svodka(['task', 'list', '--user', 'nobody'])).stdout, 'There are no such tasks.\n');
  });

  it('lists runs of workflows only where it is asked for them', async () => {
    const task = { name: 'late', exec: 'await', function: 'simple' };
    const tree = { context: { project: { name: 'pr1', workflows: [{ name: 'wf1', tasks: [task] }] } } };
    for (const [method, params] of [
      ['workflow.create', tree],
      ['workflow.run', { project: 'pr1', workflow: 'wf1' }],
    ] as const) {
      const { code, stderr } = await svodka(['rpc', method, JSON.stringify(params)]);
      assert.equal(code, 0, stderr);
    }
    assert.doesNotMatch((await svodka(['task', 'list'])).stdout, /pr1\/wf1/);
    assert.match((await svodka(['task', 'list', '--type', 'run'])).stdout, /│ pr1\/wf1 +│ admin/);
  });

  it('shows a task with its cause of death and its history', async () => {
    const id = await create({ script: 'sums.fail' });
    await end(id);
    const { code, stdout } = await svodka(['task', 'show', String(id)]);
    assert.equal(code, 0);
    for (const line of [
      /│ script +│ sums\.fail/,
      /│ attempt +│ 1 of 1/,
      /│ cause +│ error/,
      /│ error +│ .*no such gate/,
    ]) {
      assert.match(stdout, line);
    }
    assert.match(stdout, /│ enqueued[\s\S]*│ working[\s\S]*│ failed/);
    assert.match(stdout, /^error:\n.*no such gate\nit is shut\n/m);
    assert.doesNotMatch(stdout, /\\u000a/);
    const json = await svodka(['task', 'show', String(id), '--json']);
    assert.equal(JSON.parse(json.stdout).cause.kind, 'error');
    const none = await svodka(['task', 'show', '999999']);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /^Refused: .* \(TASK_NOT_FOUND\)\n$/);
  });

  it('writes the log, byte for byte, and follows it to the end of the task', async () => {
    const id = await create({ script: 'sums.add', args: { a: 1, b: 2 } });
    await end(id);
    const written = await svodka(['task', 'log', String(id)]);
    assert.deepEqual([written.code, written.stdout], [0, 'adding 1 2\n\u001b[2Jred\n'], written.stderr);

    const waiting = await create({ script: 'sums.wait' });
    const following = startCommand(SVODKA, ['task', 'log', String(waiting), '-f'], { env: env() });
    following.child.stdin?.end();
    await following.printed(/^waiting\n$/);
    const { stdout } = await svodka(['task', 'cancel', String(waiting)]);
    assert.match(stdout, /^task \d+ \(task_admin_.*\) is told to stop; /);
    assert.deepEqual(await following.ended, { code: 0, stdout: 'waiting\ntold to stop\n', stderr: '' });
  });

  it('stops following at Ctrl-C, with 130', async () => {
    const id = await create({ script: 'sums.wait' });
    const following = startCommand(SVODKA, ['task', 'log', String(id), '-f', '--json'], { env: env() });
    await following.printed(/"waiting\\n"/);
    following.child.kill('SIGINT');
    const { code, stderr } = await following.ended;
    assert.deepEqual([code, stderr], [130, 'Stopped.\n']);
    await svodka(['task', 'cancel', String(id)]);
    await end(id);
  });

  it('retries a task that has ended, and refuses one that has not', async () => {
    const id = await create({ script: 'sums.add', run_at: 4_000_000_000 });
    const open = await svodka(['task', 'retry', String(id)]);
    assert.equal(open.code, 1);
    assert.match(open.stderr, /\(WRONG_STATE\)\n$/);
    assert.match((await svodka(['task', 'cancel', String(id)])).stdout, /is cancelled\n$/);
    const retried = await svodka(['task', 'retry', String(id), '--json']);
    assert.deepEqual([retried.code, JSON.parse(retried.stdout).status], [0, 'enqueued']);
    await svodka(['task', 'cancel', String(id)]);
  });

  it('ends with 3 when nobody answers', async () => {
    for (const args of [
      ['task', 'list'],
      ['rpc', 'rpc.discover'],
    ]) {
      const { code, stdout, stderr } = await runCommand(SVODKA, args, {
        env: { SVODKA_URL: 'http://127.0.0.1:1', SVODKA_DATA_DIR: makeFolder() },
      });
      assert.deepEqual([code, stdout], [3, '']);
      assert.match(stderr, /^Nobody answers at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\)\.\nIs Svodka running\?/);
    }
    const elsewhere = await runCommand(SVODKA, ['task', 'list'], {
      env: { SVODKA_URL: `${service.url}/elsewhere`, SVODKA_DATA_DIR: makeFolder() },
    });
    assert.notEqual(elsewhere.code, 0);
  });

  it('says that a token is missing', async () => {
    const { code, stderr } = await runCommand(SVODKA, ['task', 'list'], {
      env: { SVODKA_URL: service.url, SVODKA_DATA_DIR: makeFolder() },
    });
    assert.equal(code, 1);
    assert.match(stderr, /SVODKA_TOKEN/);
  });

  const wrong: [reason: string, args: string[], said: RegExp][] = [
    ['a task that is no id', ['task', 'show', 'x'], /must be the id or the uuid of a task/],
    ['no task', ['task', 'log'], /missing required argument 'task'/],
    ['an unknown status', ['task', 'list', '--status', 'done'], /Allowed choices are enqueued,/],
    ['a limit out of range', ['task', 'list', '--limit', '0'], /must be a number from 1 to 1000/],
    ['params that are no JSON', ['rpc', 'engine.list', '{'], /^PARAMS must be JSON: /],
    ['params that are no object', ['rpc', 'engine.list', '7'], /^PARAMS must be a JSON object/],
    [
      'a file that is not there',
      ['rpc', 'engine.list', '@/nowhere/a.json'],
      /^\/nowhere\/a\.json cannot be read: there is no such/,
    ],
  ];
  for (const [reason, args, said] of wrong) {
    it(`ends with 2 and says why: ${reason}`, async () => {
      const { code, stdout, stderr } = await svodka(args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, said);
    });
  }

  it('has help with an example for each command', async () => {
    for (const name of ['list', 'show', 'log', 'cancel', 'retry']) {
      const { code, stdout } = await svodka(['task', name, '--help']);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^Example:\n {2}svodka task ${name}`, 'm'));
    }
    assert.match((await svodka(['rpc', '--help'])).stdout, /^Examples:$/m);
  });
});
