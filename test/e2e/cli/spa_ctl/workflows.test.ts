import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { makeFile } from '../../../support/command_line.js';
import { makeFolder } from '../../../support/folder.js';
import { startProgram } from '../../../support/programs.js';
import { hasPty } from '../../../support/pty.js';
import { addExecutable, createSpaCtl, SPA_CTL } from '../../../support/spa_ctl.js';
import { useService } from '../../../support/suite.js';
import { until } from '../../../support/until.js';
import { addUser, callerWith, readAdminToken } from '../../../support/users.js';

/** The tree of the specification. */
const TREE = {
  context: {
    project: {
      id: 1,
      name: 'pr1',
      workflows: [
        {
          id: 1,
          name: 'wf1',
          tasks: [
            { id: 1, name: 't11', place: 1, exec: 'parallel', function: 'simple', params: ['0'] },
            { id: 2, name: 't12', place: 2, exec: 'await', function: 'simple', params: ['5'] },
          ],
        },
      ],
    },
  },
};

/** A tree of one project with these workflows: the name of each, and its tasks as `[name, exec, function, ...params]`. */
function treeOf(
  project: string,
  workflows: Readonly<Record<string, readonly (readonly [string, string, string, ...string[]])[]>>,
) {
  return {
    context: {
      project: {
        name: project,
        workflows: Object.entries(workflows).map(([name, tasks]) => ({
          name,
          tasks: tasks.map(([task, exec, fn, ...params]) => ({ name: task, exec, function: fn, params, tries: 1 })),
        })),
      },
    },
  };
}

describe('an operator with spa_ctl', () => {
  const service = useService({ env: { SVODKA_EXECUTORS: '1' } });
  const access = () => ({ SVODKA_URL: service.url, SVODKA_TOKEN: readAdminToken(service.dataDir) });
  const spaCtl = createSpaCtl(access);
  const flags = makeFolder();
  before(() => addExecutable(join(service.dataDir, 'bin')));

  async function create(tree: object): Promise<void> {
    const { code, stderr } = await spaCtl.run(['create', '-f', '-'], { stdin: JSON.stringify(tree) });
    assert.equal(code, 0, stderr);
  }

  async function statusOf(project: string, workflow: string) {
    const { code, stdout, stderr } = await spaCtl.run(['status', '-p', project, '-w', workflow, '--json']);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as { status: string; tasks: { name: string; label: string }[] };
  }

  it('creates the tree of a file, runs it, watches it, and stops the next run', async () => {
    const file = makeFile('tree.json', JSON.stringify(TREE, null, 2));
    const dry = await spaCtl.run(['create', '-f', file, '--dry-run']);
    assert.deepEqual(
      [dry.code, dry.stdout],
      [0, 'pr1: created 1 workflow (wf1), 2 tasks (wf1/t11, wf1/t12) (dry run: nothing was changed)\n'],
      dry.stderr,
    );
    assert.equal((await spaCtl.run(['list'])).stdout, 'There are no projects yet: spa_ctl create -f FILE makes one.\n');

    const created = await spaCtl.run(['create', '-f', file]);
    assert.deepEqual(
      [created.code, created.stdout],
      [0, 'pr1: created 1 workflow (wf1), 2 tasks (wf1/t11, wf1/t12)\n'],
    );
    const config = join(spaCtl.configHome, 'svodka', 'spa_ctl.json');
    assert.deepEqual(JSON.parse(readFileSync(config, 'utf8')), { project: 'pr1' });
    assert.equal(statSync(config).mode & 0o777, 0o600);

    const before = await spaCtl.run(['status', '-w', 'wf1']);
    assert.match(
      before.stdout,
      /│ 1 +│ t11 +│ parallel │ simple +│ not run │\n[\s\S]*│ 2 +│ t12 +│ await[\s\S]*\npr1\/wf1: not run\n$/,
    );
    assert.equal((await spaCtl.run(['history', '-w', 'wf1'])).stdout, 'pr1/wf1: never run\n');

    const run = await spaCtl.run(['run', '-p', 'pr1', '-w', 'wf1', '--wait']);
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /^pr1\/wf1: success after \d+(\.\d+)? s, at 20\d\d-.* UTC \(run \d+\)\n$/);
    assert.match(run.stderr, /^t11 running$/m);
    assert.match(run.stderr, /^t12 success\(0\)\n$/m);

    const after = await spaCtl.run(['status', '-w', 'wf1']);
    assert.match(after.stdout, /│ t12 +│ await +│ simple +│ success\(0\) │/);
    const history = await spaCtl.run(['history', '-w', 'wf1', '-t', 't12']);
    assert.match(history.stdout, /│ t12 +│ success\(0\)[\s\S]*│ t12 +│ running/);
    const log = await spaCtl.run(['logs', '-w', 'wf1', '-t', 't12']);
    assert.deepEqual([log.code, log.stdout], [0, 'simple: 5 s\nsimple: done\n']);
    assert.match((await spaCtl.run(['why', '-w', 'wf1'])).stdout, /^The run .*\n/);
    assert.match((await spaCtl.run(['eta', '-w', 'wf1'])).stdout, /^pr1\/wf1: .*from 1 earlier run/);
    assert.match((await spaCtl.run(['list'])).stdout, /│ pr1 \(selected\) │ wf1 +│ success │ 2 +│ 20\d\d-/);

    const longer = treeOf('pr1', { wf1: [['t12', 'await', 'simple', '600']] });
    assert.equal(
      (await spaCtl.run(['update', '-j', JSON.stringify(longer)])).stdout,
      'pr1: updated 1 task (wf1/t12)\n',
    );
    const again = await spaCtl.run(['run', '-w', 'wf1']);
    assert.match(again.stdout, /^pr1\/wf1: running \(run \d+\)\n$/);
    const twice = await spaCtl.run(['run', '-w', 'wf1']);
    assert.equal(twice.code, 1);
    assert.match(twice.stderr, /^Refused: .* \(WORKFLOW_STATE\)\n/);
    const watched = spaCtl.start(['status', '-w', 'wf1', '--watch']);
    await watched.printed(/pr1\/wf1: running for/);
    const stopped = await spaCtl.run(['stop', '-w', 'wf1', '--wait']);
    assert.equal(stopped.code, 0, stopped.stderr);
    assert.match(stopped.stdout, /^pr1\/wf1: stopped after /);
    const { code, stdout } = await watched.ended;
    assert.equal(code, 0);
    assert.match(stdout, /^\d\d:\d\d:\d\d t12 (?:stopped|killed)$/m);
    assert.match(stdout, /^pr1\/wf1: stopped after .*\n$/m);
    assert.equal((await spaCtl.run(['stop', '-w', 'wf1'])).code, 1);
  });

  it('reads a refused tree: each fault with its pointer and the name that it is about', async () => {
    const tree = structuredClone(TREE) as { context: { project: { name: string; workflows: { tasks: object[] }[] } } };
    tree.context.project.name = 'refused';
    const tasks = (tree.context.project.workflows[0] as { tasks: object[] }).tasks;
    Object.assign(tasks[0] as object, { function: 'simpel' });
    Object.assign(tasks[1] as object, { exec: 'later', colour: 'red' });
    const args = ['create', '-j', JSON.stringify(tree)];
    const { code, stdout, stderr } = await spaCtl.run(args);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^Refused: .* \(INVALID_INPUT\)\n/);
    assert.match(stderr, /^ {2}\/context\/project\/workflows\/0\/tasks\/0\/function \(wf1\/t11: simpel\) is no file/m);
    assert.match(stderr, /^ {2}\/context\/project\/workflows\/0\/tasks\/1\/exec \(wf1\/t12: later\) /m);
    assert.match(
      stderr,
      /^ {2}\/context\/project\/workflows\/0\/tasks\/1\/colour \(wf1\/t12: red\) is not a known field$/m,
    );
    const json = await spaCtl.run([...args, '--json']);
    assert.deepEqual([json.code, JSON.parse(json.stdout).code], [1, -32602]);
    const none = await spaCtl.run(['select_project', 'refused']);
    assert.equal(none.code, 1);
    assert.match(
      none.stderr,
      /^Refused: .* \(WORKFLOW_NOT_FOUND\)\n {2}\/project \(refused\) no project has this name\n$/,
    );
  });

  it('updates what was dumped, and deletes', async () => {
    await create(
      treeOf('pr2', {
        wf1: [
          ['t1', 'await', 'simple'],
          ['t2', 'await', 'error', '3'],
        ],
        wf2: [],
      }),
    );
    const dumped = await spaCtl.run(['dump']);
    assert.equal(dumped.code, 0, dumped.stderr);
    assert.equal(JSON.parse(dumped.stdout).context.project.name, 'pr2');
    const one = await spaCtl.run(['dump', '-p', 'pr2', '-w', 'wf1', '-t', 't2', '--json']);
    assert.equal(one.stdout.split('\n').length, 2, 'one line');
    const updated = await spaCtl.run(['update', '-f', '-'], { stdin: one.stdout.replace('"3"', '"0"') });
    assert.equal(updated.code, 0, updated.stderr);
    assert.match(updated.stdout, /^pr2: updated .*wf1\/t2/);
    const again = await spaCtl.run(['dump', '-w', 'wf1', '-t', 't2', '--json']);
    assert.equal(again.stdout, one.stdout.replace('"3"', '"0"'));
    const deletion = JSON.stringify({ context: { project: { name: 'pr2', workflows: [{ name: 'wf2' }] } } });
    const deleted = await spaCtl.run(['delete', '-j', deletion]);
    assert.deepEqual([deleted.code, deleted.stdout], [0, 'pr2: deleted 1 workflow (wf2)\n'], deleted.stderr);
    const gone = await spaCtl.run(['delete', '-j', deletion]);
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /^Refused: .*\n {2}\/context\/project\/workflows\/0\/name \(wf2\) /);
    const selected = await spaCtl.run(['select_project', 'pr1']);
    assert.deepEqual([selected.code, selected.stdout], [0, 'pr1 is selected: -p may be left out.\n'], selected.stderr);
  });

  it('learns why a run did not succeed, with exit code 1', async () => {
    await create(
      treeOf('pr3', {
        wf1: [
          ['before', 'await', 'simple'],
          ['fails', 'await', 'error', '3'],
          ['after', 'await', 'simple'],
        ],
      }),
    );
    const { code, stdout, stderr } = await spaCtl.run(['run', '-w', 'wf1', '--wait']);
    assert.equal(code, 1);
    assert.match(stdout, /^pr3\/wf1: error after /);
    assert.match(stderr, /^fails error\(3\)$/m);
    assert.match(stderr, /fails.*\nThe last lines of fails:\n {2}error: ends with 3\n$/);
    const { tasks } = await statusOf('pr3', 'wf1');
    assert.deepEqual(
      tasks.map(({ label }) => label),
      ['success(0)', 'error(3)', 'new'],
    );
    const json = await spaCtl.run(['run', '-w', 'wf1', '-t', 'before', '--wait', '--json']);
    assert.deepEqual([json.code, JSON.parse(json.stdout).status], [0, 'success'], json.stderr);
    // The other tasks are as the run before left them.
    assert.deepEqual(
      [
        ...new Set(
          json.stderr
            .trim()
            .split('\n')
            .map((line) => line.split(' ')[0]),
        ),
      ],
      ['before'],
    );
  });

  it('follows a log to the end of the run, and forces a status', async () => {
    const file = join(flags, 'log');
    await create(
      treeOf('pr4', {
        wf1: [
          ['first', 'await', 'until', file],
          ['second', 'await', 'until', `${file}2`],
        ],
      }),
    );
    const begun = await spaCtl.run(['run', '-w', 'wf1']);
    assert.equal(begun.code, 0, begun.stderr);
    // Of a task that has not begun yet.
    const following = spaCtl.start(['logs', '-w', 'wf1', '-t', 'second', '-f']);
    const first = spaCtl.start(['logs', '-w', 'wf1', '-t', 'first', '-f']);
    await first.printed(/^begun\n$/);
    writeFileSync(file, '');
    await following.printed(/^begun\n$/);
    const forced = await spaCtl.run(['set_status', '-w', 'wf1', '-t', 'second', 'waiting', '--why', 'in the solver']);
    assert.deepEqual([forced.code, forced.stdout], [0, 'pr4/wf1/second: waiting\n'], forced.stderr);
    writeFileSync(`${file}2`, '');
    assert.deepEqual(await following.ended, { code: 0, stdout: 'begun\ndone\n', stderr: '' });
    const history = await spaCtl.run(['history', '-w', 'wf1', '-t', 'second', '--json']);
    const waiting = JSON.parse(history.stdout).find(({ status }: { status: string }) => status === 'waiting');
    assert.deepEqual([waiting.by, waiting.why], ['admin', 'in the solver']);
    const refused = await spaCtl.run(['set_status', '-w', 'wf1', '-t', 'second', 'running']);
    assert.equal(refused.code, 1);
  });

  it('follows the log of a task that is run once more', async () => {
    const tree = treeOf('pr9', { wf1: [['fails', 'await', 'error', '3', '1']] });
    Object.assign(tree.context.project.workflows[0]?.tasks[0] as object, { tries: 2 });
    await create(tree);
    await spaCtl.run(['run', '-w', 'wf1']);
    const { code, stdout } = await spaCtl.run(['logs', '-w', 'wf1', '-t', 'fails', '-f']);
    assert.deepEqual([code, stdout], [0, 'error: ends with 3\n'.repeat(2)]);
    assert.match((await spaCtl.run(['status', '-w', 'wf1'])).stdout, /│ error\(3\) │ 2 +│/);
  });

  it('stops watching when the token is revoked', async () => {
    await create(treeOf('pr10', { wf1: [['waits', 'await', 'wait']] }));
    await spaCtl.run(['run', '-w', 'wf1']);
    const admin = callerWith(service.url, readAdminToken(service.dataDir));
    const operator = await addUser(service.url, admin, 'burns', ['operator']);
    const other = createSpaCtl(() => ({ SVODKA_URL: service.url, SVODKA_TOKEN: operator.token }));
    const watching = other.start(['status', '-p', 'pr10', '-w', 'wf1', '--watch']);
    await watching.printed(/wf1: running for/);
    assert.equal((await operator.send('DELETE', '/api/v1/tokens/')).status, 204);
    const { code, stderr } = await watching.ended;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^Refused: .* Give a token with --token or SVODKA_TOKEN\./m);
    assert.equal((await spaCtl.run(['stop', '-w', 'wf1', '--wait'])).code, 0);
  });

  it('leaves --watch by Ctrl-C while the run goes on', async () => {
    await create(treeOf('pr5', { wf1: [['waits', 'await', 'wait']] }));
    await spaCtl.run(['run', '-w', 'wf1']);
    const watched = spaCtl.start(['status', '-w', 'wf1', '--watch', '--json']);
    await watched.printed(/"label":"running"/);
    watched.child.kill('SIGINT');
    const { code, stdout, stderr } = await watched.ended;
    assert.deepEqual([code, stderr], [130, 'Stopped.\n']);
    for (const line of stdout.trimEnd().split('\n')) assert.equal(JSON.parse(line).project, 'pr5');
    assert.equal((await statusOf('pr5', 'wf1')).status, 'running');
    const waited = spaCtl.start(['run', '-w', 'wf1', '--wait']);
    assert.equal((await waited.ended).code, 1, 'it runs already');
    assert.equal((await spaCtl.run(['stop', '-w', 'wf1', '--wait'])).code, 0);
  });

  it('stops a workflow without a project where no other has its name', async () => {
    await create(treeOf('pr6', { alone: [['waits', 'await', 'wait']] }));
    await spaCtl.run(['run', '-p', 'pr6', '-w', 'alone']);
    const other = createSpaCtl(access);
    const ambiguous = await other.run(['stop', '-w', 'wf1']);
    assert.equal(ambiguous.code, 1);
    assert.match(ambiguous.stderr, /pr3.*pr4/);
    const { code, stdout, stderr } = await other.run(['stop', '-w', 'alone', '--wait']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^pr6\/alone: stopped after /);
  });

  it('draws the table over itself on a terminal', { skip: !hasPty && 'needs script of util-linux' }, async () => {
    const file = join(flags, 'drawn');
    await create(
      treeOf('pr7', {
        wf1: [
          ['one', 'await', 'until', file],
          ['two', 'await', 'simple', '0'],
        ],
      }),
    );
    await spaCtl.run(['run', '-w', 'wf1']);
    const command = `'${process.execPath}' '${SPA_CTL}' status -w wf1 --watch`;
    const env = { ...process.env, ...access(), XDG_CONFIG_HOME: spaCtl.configHome };
    const running = startProgram('script', ['-qec', command, '/dev/null'], env);
    // The seconds of the task that runs are drawn anew each second.
    await until('the table is drawn over itself', () => running.output().includes('A\r\u001b[J'));
    writeFileSync(file, '');
    await running.ended;
    const output = running.output();
    const last = output.slice(output.lastIndexOf('\u001b[J'));
    assert.match(last, /one[\s\S]*success\(0\)[\s\S]*two[\s\S]*success\(0\)[\s\S]*pr7\/wf1: success after .*\r\n$/);
  });

  it('offers the names of projects, workflows and tasks to the shell', async () => {
    await create(treeOf('pr8', { 'wf one': [['a task', 'await', 'simple']] }));
    const offered = async (line: string) =>
      (await spaCtl.run(['__complete', '--line', line])).stdout.split('\n').slice(0, -1);
    assert.deepEqual(await offered('spa_ctl select_project pr8'), ['pr8']);
    assert.deepEqual(await offered('spa_ctl run -p pr8 -w '), ['wf one']);
    assert.deepEqual(await offered('spa_ctl logs -w "wf one" -t '), ['a task']);
  });

  it('writes one line of JSON for each command with --json', async () => {
    const tree = JSON.stringify(treeOf('pr11', { wf1: [['one', 'await', 'simple']] }));
    const file = makeFile('report.txt', 'text');
    const commands: string[][] = [
      ['create', '-j', tree, '--dry-run'],
      ['create', '-j', tree],
      ['select_project', 'pr11'],
      ['update', '-j', tree],
      ['dump'],
      ['run', '-w', 'wf1', '--wait'],
      ['status', '-w', 'wf1'],
      ['status', '-w', 'wf1', '--watch'],
      ['set_status', '-w', 'wf1', '-t', 'one', 'error'],
      ['logs', '-w', 'wf1', '-t', 'one'],
      ['history', '-w', 'wf1'],
      ['why', '-w', 'wf1'],
      ['eta', '-w', 'wf1'],
      ['list', '-p', 'pr11'],
      ['alarms'],
      ['file', 'put', file, 'report.txt'],
      ['file', 'ls'],
      ['file', 'get', 'report.txt', file],
      ['file', 'rm', 'report.txt'],
      ['config'],
      ['delete', '-j', '{"context": {"project": {"name": "pr11", "workflows": [{"name": "wf1"}]}}}'],
    ];
    for (const args of commands) {
      const { code, stdout, stderr } = await spaCtl.run([...args, '--json']);
      assert.equal(code, 0, `${args}: ${stderr}`);
      assert.match(stdout, /^[^\n]+\n$/, `${args}`);
      assert.equal(typeof JSON.parse(stdout), 'object', `${args}`);
    }
    const refused = await spaCtl.run(['run', '-w', 'wf1', '--json']);
    assert.deepEqual([refused.code, JSON.parse(refused.stdout).data.code], [1, 'WORKFLOW_NOT_FOUND']);
  });

  it('says that a right is missing', async () => {
    const { code, stderr } = await spaCtl.run(['list'], { env: { SVODKA_TOKEN: 'f'.repeat(40) } });
    assert.equal(code, 1);
    assert.match(stderr, /^Refused: .* Give a token with --token or SVODKA_TOKEN\. \(/);
  });
});
