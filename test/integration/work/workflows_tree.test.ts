import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { projectDir } from '../../support/folder.js';
import { takeRun } from '../../support/work/hand_run.js';
import { useWork } from '../../support/work/work_suite.js';
import { faultsOf, simpleTask, statusOf, treeOf } from '../../support/work/workflow_calls.js';

const work = useWork();
const EXAMPLE = JSON.parse(readFileSync(join(projectDir, 'script', 'examples', 'tree.json'), 'utf8'));
const TASKS = '/context/project/workflows/0/tasks';

function binFile(name: string): string {
  return join(work.pair.service.dataDir, 'bin', name);
}

function call<Result>(method: string, params: object): Promise<Result> {
  return work.operator.rpc.call<Result>(`workflow.${method}`, params);
}

function faults(method: string, params: object) {
  return faultsOf(work.operator, `workflow.${method}`, params);
}

async function names(project: string, workflow: string): Promise<string> {
  const { tasks } = await statusOf(work.operator, project, workflow);
  assert.deepEqual(
    tasks.map(({ place }) => place),
    tasks.map((_, i) => i + 1),
  );
  return tasks.map(({ name }) => name).join(' ');
}

describe('workflow.create', () => {
  it('takes the example file, answers what was made, and the dump is the file', async () => {
    const answer = await call('create', EXAMPLE);
    assert.deepEqual(answer, {
      project: 'pr1',
      created: { workflows: ['wf1', 'wf2'], tasks: ['wf1/t11', 'wf1/t12', 'wf2/t21', 'wf2/t22'] },
    });
    assert.deepEqual(await call('dump', { project: 'pr1' }), EXAMPLE);
    assert.deepEqual(await call('update', await call('dump', { project: 'pr1' })), {
      project: 'pr1',
      updated: { workflows: [], tasks: ['wf1/t11', 'wf1/t12', 'wf2/t21', 'wf2/t22'] },
    });
    assert.deepEqual(await call('dump', { project: 'pr1' }), EXAMPLE);
    const status = await statusOf(work.operator, 'pr1', 'wf1');
    assert.deepEqual(status, {
      project: 'pr1',
      workflow: 'wf1',
      status: 'not run',
      run_id: null,
      started: null,
      ended: null,
      tasks: ['t11', 't12'].map((name, i) => ({
        name,
        place: i + 1,
        exec: i === 0 ? 'parallel' : 'await',
        function: 'simple',
        status: 'not run',
        label: 'not run',
        code: null,
        pid: null,
        attempt: 0,
        started: null,
        ended: null,
        cause: null,
      })),
    });
  });

  it('adds tasks to a workflow that exists: a taken place pushes down, in the order of the document', async () => {
    await call('create', treeOf('adds', 'w', ['a', 'b']));
    const added = [simpleTask('c', { place: 1 }), simpleTask('d', { place: 1 }), simpleTask('e', { place: 99 }), 'f'];
    assert.deepEqual(await call('create', treeOf('adds', 'w', added)), {
      project: 'adds',
      created: { workflows: [], tasks: ['w/c', 'w/d', 'w/e', 'w/f'] },
    });
    assert.equal(await names('adds', 'w'), 'd c a b e f');
  });

  it('makes an empty project, an empty workflow, and nothing when all is there', async () => {
    assert.deepEqual(await call('create', { context: { project: { name: 'bare', id: 'label' } } }), {
      project: 'bare',
      created: { workflows: [], tasks: [] },
    });
    await call('create', treeOf('bare', 'w'));
    assert.deepEqual(await call('create', treeOf('bare', 'w')), {
      project: 'bare',
      created: { workflows: [], tasks: [] },
    });
    assert.deepEqual(await call('list', { project: 'bare' }), [
      { project: 'bare', workflows: [{ name: 'w', status: 'not run', tasks: 0, last_run: null }] },
    ]);
    assert.deepEqual(await call('dump', { project: 'bare' }), {
      context: { project: { id: 'label', name: 'bare', workflows: [{ name: 'w', tasks: [] }] } },
    });
  });

  it('keeps what is optional, and makes strings of numbers', async () => {
    const task = {
      ...simpleTask('a', { place: 1, id: -3, params: ['x', ''], env: { A: '1' }, tries: 5 }),
      ...{ timeout_s: 0.5, grace_s: 0 },
    };
    await call('create', treeOf('whole', 'w', [{ ...task, params: [7, 0.5, 'x', ''] }]));
    assert.deepEqual(await call('dump', { project: 'whole', workflow: 'w', task: 'a' }), {
      context: {
        project: { name: 'whole', workflows: [{ name: 'w', tasks: [{ ...task, params: ['7', '0.5', 'x', ''] }] }] },
      },
    });
  });

  it('refuses a document as a whole with a pointer to each fault, of every kind at once', async () => {
    const tree = treeOf('faulty', 'w', [
      { name: 'a', exec: 'sometimes', function: 'simple', extra: 1 },
      { ...simpleTask('a'), function: 'not_there' },
      { name: 'a/b', exec: 'await', params: 'no list' } as never,
      simpleTask('', { place: 0, tries: 0, env: { '': 'x', B: 3 } }),
      simpleTask('long'.repeat(40)),
      simpleTask('up', { function: '../simple' }),
      simpleTask('many', { params: Array.from({ length: 1_001 }, () => '') }),
      simpleTask('wide', { params: ['x'.repeat(20_000)], env: { A: 'x'.repeat(20_000) } }),
    ]);
    assert.deepEqual(await faults('create', { ...tree, other: 1 }), [
      -32602,
      'DUPLICATE_NAME /context/project/workflows/0/tasks/1/name',
      'NOT_ALLOWED /context/project/workflows/0/tasks/0/exec',
      'NO_SUCH_FUNCTION /context/project/workflows/0/tasks/1/function',
      'NO_SUCH_FUNCTION /context/project/workflows/0/tasks/5/function',
      'OUT_OF_RANGE /context/project/workflows/0/tasks/3/place',
      'OUT_OF_RANGE /context/project/workflows/0/tasks/3/tries',
      'REQUIRED /context/project/workflows/0/tasks/2/function',
      'TOO_LONG /context/project/workflows/0/tasks/4/name',
      'TOO_LONG /context/project/workflows/0/tasks/6/params',
      'TOO_LONG /context/project/workflows/0/tasks/7',
      'TOO_SHORT /context/project/workflows/0/tasks/3/name',
      'UNKNOWN_FIELD /context/project/workflows/0/tasks/0/extra',
      'UNKNOWN_FIELD /other',
      'WRONG_FORM /context/project/workflows/0/tasks/2/name',
      'WRONG_FORM /context/project/workflows/0/tasks/3/env',
      'WRONG_TYPE /context/project/workflows/0/tasks/2/params',
      'WRONG_TYPE /context/project/workflows/0/tasks/3/env/B',
    ]);
    assert.deepEqual(await faults('list', { project: 'faulty' }), [-32004, 'UNKNOWN_NAME /project']);
  });

  it('refuses what is no tree, a workflow twice, and more tasks than 10,000', async () => {
    assert.deepEqual(await faults('create', {}), [-32602, 'REQUIRED /context']);
    assert.deepEqual(await faults('create', { context: [] }), [-32602, 'WRONG_TYPE /context']);
    assert.deepEqual(await faults('create', { context: { project: { workflows: {} } } }), [
      -32602,
      'REQUIRED /context/project/name',
      'WRONG_TYPE /context/project/workflows',
    ]);
    const twice = { context: { project: { name: 'p', workflows: [{ name: 'w' }, { name: 'v' }, { name: 'w' }] } } };
    assert.deepEqual(await faults('create', twice), [-32602, 'DUPLICATE_NAME /context/project/workflows/2/name']);
    const many = treeOf(
      'p',
      'w',
      Array.from({ length: 10_001 }, (_, i) => `${i}`),
    );
    assert.deepEqual(await faults('create', many), [-32602, 'TOO_LONG /context/project/workflows']);
  });

  it('takes functions that are files or links which can be executed, and nothing else', async () => {
    mkdirSync(binFile('folder'));
    symlinkSync('/nowhere', binFile('dangling'));
    symlinkSync('/bin/true', binFile('linked'));
    writeFileSync(binFile('plain'), 'text');
    chmodSync(binFile('plain'), 0o644);
    const functions = ['folder', 'dangling', 'plain', '..', '.', '/bin/true', 'simple/', 'linked'];
    const tree = treeOf(
      'functions',
      'w',
      functions.map((name, i) => simpleTask(`${i}`, { function: name })),
    );
    const expected = functions.slice(0, -1).map((_, i) => `NO_SUCH_FUNCTION ${TASKS}/${i}/function`);
    assert.deepEqual(await faults('create', tree), [-32602, ...expected]);
    await call('create', treeOf('functions', 'w', [simpleTask('a', { function: 'linked' })]));
  });

  it('refuses names that are taken, with a pointer to each, and stores nothing of the document', async () => {
    await call('create', treeOf('taken', 'w', ['a', 'b']));
    const tree = treeOf('taken', 'w', ['c', 'b', 'a']);
    tree.context.project.workflows.unshift({ name: 'new', tasks: [simpleTask('a')] });
    assert.deepEqual(await faults('create', tree), [
      -32009,
      'NAME_TAKEN /context/project/workflows/1/tasks/1/name',
      'NAME_TAKEN /context/project/workflows/1/tasks/2/name',
    ]);
    assert.equal(await names('taken', 'w'), 'a b');
    assert.deepEqual(await faults('status', { project: 'taken', workflow: 'new' }), [-32004, 'UNKNOWN_NAME /workflow']);
  });
});

describe('workflow.delete', () => {
  it('deletes the leaves, and places close up', async () => {
    await call('create', treeOf('del', 'w', ['a', 'b', 'c', 'd']));
    await call('create', treeOf('del', 'v', ['a']));
    const tree = treeOf('del', 'w', [{ name: 'a' }, { name: 'c', place: 'any', exec: 7 }]);
    tree.context.project.workflows.push({ name: 'v' });
    assert.deepEqual(await call('delete', tree), {
      project: 'del',
      deleted: { workflows: ['v'], tasks: ['w/a', 'w/c'] },
    });
    assert.equal(await names('del', 'w'), 'b d');
    assert.deepEqual(await call('list', { project: 'del' }), [
      { project: 'del', workflows: [{ name: 'w', status: 'not run', tasks: 2, last_run: null }] },
    ]);
  });

  it('refuses leaves that are not there, a project, an empty list of tasks, and unknown members', async () => {
    await call('create', treeOf('del2', 'w', ['a']));
    const tree = treeOf('del2', 'w', [{ name: 'a' }, { name: 'x' }]);
    tree.context.project.workflows.push({ name: 'v' });
    assert.deepEqual(await faults('delete', tree), [
      -32004,
      'UNKNOWN_NAME /context/project/workflows/0/tasks/1/name',
      'UNKNOWN_NAME /context/project/workflows/1/name',
    ]);
    assert.deepEqual(await faults('delete', treeOf('none', 'w')), [-32004, 'UNKNOWN_NAME /context/project/name']);
    assert.deepEqual(await faults('delete', { context: { project: { name: 'del2' } } }), [
      -32009,
      'NOT_ALLOWED /context/project',
    ]);
    assert.deepEqual(await faults('delete', treeOf('del2', 'w', [])), [-32602, `EMPTY ${TASKS}`]);
    assert.deepEqual(await faults('delete', treeOf('del2', 'w', [{ name: 'a', extra: 1 }])), [
      -32602,
      `UNKNOWN_FIELD ${TASKS}/0/extra`,
    ]);
    assert.equal(await names('del2', 'w'), 'a');
  });
});

describe('workflow.update', () => {
  it('replaces tasks whole; one without a place keeps its own', async () => {
    await call('create', treeOf('up', 'w', [simpleTask('a', { tries: 9 }), 'b', 'c', 'd']));
    await call('update', treeOf('up', 'w', ['c', 'a', simpleTask('d', { place: 2, params: ['1'] })]));
    assert.equal(await names('up', 'w'), 'a d b c');
    assert.deepEqual(await call('dump', { project: 'up', workflow: 'w' }), {
      context: {
        project: {
          name: 'up',
          workflows: [
            {
              name: 'w',
              tasks: [
                ...[simpleTask('a', { place: 1, params: [] }), simpleTask('d', { place: 2, params: ['1'] })],
                ...[simpleTask('b', { place: 3, params: [] }), simpleTask('c', { place: 4, params: [] })],
              ],
            },
          ],
        },
      },
    });
  });

  it('refuses tasks that are not there, and what would empty a workflow', async () => {
    await call('create', treeOf('up2', 'w', ['a']));
    assert.deepEqual(await faults('update', treeOf('up2', 'w', ['a', 'x'])), [-32004, `UNKNOWN_NAME ${TASKS}/1/name`]);
    assert.deepEqual(await faults('update', treeOf('up2', 'w', [])), [-32602, `EMPTY ${TASKS}`]);
    assert.deepEqual(await faults('update', treeOf('up2', 'w')), [-32602, `REQUIRED ${TASKS}`]);
    assert.deepEqual(await faults('update', { context: { project: { name: 'up2' } } }), [
      -32602,
      'REQUIRED /context/project/workflows',
    ]);
  });
});

describe('a dry run', () => {
  it('answers what would change and changes nothing, and refuses what would be refused', async () => {
    const tree = { ...treeOf('dry', 'w', ['a', 'b']), dry_run: true };
    const would = { project: 'dry', created: { workflows: ['w'], tasks: ['w/a', 'w/b'] }, dry_run: true };
    assert.deepEqual(await call('create', tree), would);
    assert.deepEqual(await faults('list', { project: 'dry' }), [-32004, 'UNKNOWN_NAME /project']);
    await call('create', treeOf('dry', 'w', ['a', 'b']));
    assert.deepEqual(await call('delete', tree), {
      project: 'dry',
      deleted: { workflows: [], tasks: ['w/a', 'w/b'] },
      dry_run: true,
    });
    await call('update', tree);
    assert.equal(await names('dry', 'w'), 'a b');
    assert.deepEqual((await faults('create', tree))[0], -32009);
    assert.deepEqual(await faults('delete', { ...treeOf('dry', 'x'), dry_run: true }), [
      -32004,
      'UNKNOWN_NAME /context/project/workflows/0/name',
    ]);
  });
});

describe('a workflow that runs', () => {
  it('cannot be changed: every change is refused, and nothing of the document is done', async () => {
    await call('create', treeOf('busy', 'w', ['a', 'b']));
    await call('create', treeOf('busy', 'v', ['a']));
    await call('run', { project: 'busy', workflow: 'w' });
    const pointer = 'RUNNING /context/project/workflows/0/name';
    const tree = treeOf('busy', 'w', ['c']);
    tree.context.project.workflows.push({ name: 'new', tasks: [simpleTask('a')] });
    assert.deepEqual(await faults('create', tree), [-32009, pointer]);
    assert.deepEqual(await faults('update', treeOf('busy', 'w', ['a'])), [-32009, pointer]);
    const deletion = treeOf('busy', 'w', ['a']);
    deletion.context.project.workflows.push({ name: 'v' });
    assert.deepEqual(await faults('delete', deletion), [-32009, pointer]);
    assert.deepEqual(await faults('delete', treeOf('busy', 'w')), [-32009, pointer]);
    assert.equal(await names('busy', 'w'), 'a b');
    const run = await takeRun(work.executorDb);
    await run.end('success');
    await call('delete', deletion);
    assert.equal(await names('busy', 'w'), 'b');
  });
});

describe('10,000 tasks', () => {
  it('are made in one workflow, read, pushed down, dumped and deleted', async () => {
    const count = 10_000;
    const tasks = Array.from({ length: count }, (_, i) => ({ name: `t${i}`, exec: 'parallel', function: 'simple' }));
    await call('create', treeOf('big', 'w', tasks));
    await call('create', treeOf('big', 'w', [simpleTask('first', { place: 1 })]));
    const { tasks: rows } = await statusOf(work.operator, 'big', 'w');
    assert.equal(rows.length, count + 1);
    assert.equal(rows[0]?.name, 'first');
    assert.deepEqual(
      rows.slice(1).map(({ name }) => name),
      tasks.map(({ name }) => name),
    );
    const dump = await call<ReturnType<typeof treeOf>>('dump', { project: 'big', workflow: 'w' });
    assert.equal(dump.context.project.workflows[0]?.tasks?.length, count + 1);
    await call(
      'delete',
      treeOf(
        'big',
        'w',
        tasks.slice(1).map(({ name }) => ({ name })),
      ),
    );
    assert.equal(await names('big', 'w'), 'first t0');
  });
});

describe('the folder of executables', () => {
  it('is made with links to those that come with Svodka', () => {
    const bundled = readdirSync(join(projectDir, 'script', 'bin'));
    assert.ok(['simple', 'error', 'wait'].every((name) => bundled.includes(name)));
    for (const name of bundled) {
      assert.equal(readFileSync(binFile(name), 'utf8'), readFileSync(join(projectDir, 'script', 'bin', name), 'utf8'));
    }
  });
});

describe('the methods', () => {
  it('are for operators', async () => {
    for (const [method, params] of Object.entries({
      create: EXAMPLE,
      delete: EXAMPLE,
      update: EXAMPLE,
      run: { project: 'p', workflow: 'w' },
      stop: { workflow: 'w' },
      status: { project: 'p', workflow: 'w' },
      dump: { project: 'p' },
      set_status: { project: 'p', workflow: 'w', task: 't', status: 'new' },
      list: {},
      history: { project: 'p', workflow: 'w' },
      log: { project: 'p', workflow: 'w', task: 't' },
      why: { project: 'p', workflow: 'w' },
      eta: { project: 'p', workflow: 'w' },
    })) {
      const { code } = await work.gomer.rpc.refusal(`workflow.${method}`, params);
      assert.equal(code, -32001, method);
    }
  });
});
