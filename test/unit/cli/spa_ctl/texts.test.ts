import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { tasksInView } from '../../../../app/cli/spa_ctl/runs/live_view.js';
import { runLine, tasksTable } from '../../../../app/cli/spa_ctl/runs/status_text.js';
import type { TaskStatus, WorkflowStatus } from '../../../../app/cli/spa_ctl/runs/workflow_status.js';
import { changesText } from '../../../../app/cli/spa_ctl/tree/changes_text.js';
import { namesAlong, projectOf } from '../../../../app/cli/spa_ctl/tree/tree_names.js';
import { fittedTable } from '../../../../app/cli/terminal/fitted_table.js';

const tree = {
  context: {
    project: {
      name: 'pr1',
      workflows: [
        {
          name: 'wf1',
          tasks: [{ name: 't11' }, { name: 'a/b', exec: 'later', params: ['x', 7] }, { function: 'simple' }],
        },
        { tasks: [{ name: 't21' }] },
      ],
    },
  },
};

describe('the names along a pointer into a tree', () => {
  const cases: [pointer: string, names: string | undefined, reason: string][] = [
    ['/context/project/workflows/0/tasks/1/exec', 'wf1/a/b: later', 'a fault of a task, with the value'],
    ['/context/project/workflows/0/tasks/1/params/1', 'wf1/a/b: 7', 'a fault of a parameter'],
    ['/context/project/workflows/0/tasks/1/params', 'wf1/a/b', 'a value that is long'],
    ['/context/project/workflows/0/tasks/1/name', 'wf1/a/b', 'a fault of a name'],
    ['/context/project/workflows/0/tasks/2', 'wf1', 'a task without a name'],
    ['/context/project/workflows/1/tasks/0/place', 't21', 'a workflow without a name'],
    ['/context/project/name', 'pr1', 'a fault of the project'],
    ['/context/project/workflows/7/tasks/0', 'pr1', 'a place that is not there'],
    ['/context', undefined, 'above all names'],
    ['', undefined, 'the whole'],
    ['/a~1b', undefined, 'an unknown member'],
  ];
  for (const [pointer, names, reason] of cases) {
    it(`are found: ${reason}`, () => assert.equal(namesAlong(tree, pointer), names));
  }

  it('include that of the project, if it has one', () => {
    assert.equal(projectOf(tree), 'pr1');
    for (const none of [{}, { context: null }, { context: { project: { name: 7 } } }]) {
      assert.equal(projectOf(none), undefined);
    }
  });
});

describe('what create, delete and update have changed', () => {
  it('is said in a line', () => {
    const created = { workflows: ['wf1'], tasks: ['wf1/t11', 'wf1/t12'] };
    assert.equal(
      changesText({ project: 'pr1', created }, false),
      'pr1: created 1 workflow (wf1), 2 tasks (wf1/t11, wf1/t12)',
    );
    assert.equal(
      changesText({ project: 'pr1', created: { workflows: [], tasks: ['wf1/t11'] } }, true),
      'pr1: created 1 task (wf1/t11) (dry run: nothing was changed)',
    );
    assert.equal(changesText({ project: 'pr1', created: {} }, false), 'pr1: nothing changes, all is there');
  });

  it('names the first twenty', () => {
    const tasks = Array.from({ length: 25 }, (_, place) => `wf1/t${place}`);
    assert.match(
      changesText({ project: 'pr1', deleted: { tasks } }, false),
      /deleted 25 tasks .* wf1\/t19 and 5 more\)$/,
    );
  });
});

function task(name: string, changes: Partial<TaskStatus> = {}): TaskStatus {
  return {
    ...{ name, place: 1, exec: 'await', function: 'simple', status: 'new', label: 'new', code: null, pid: null },
    ...{ attempt: null, started: null, ended: null, cause: null },
    ...changes,
  };
}

describe('the status of a workflow', () => {
  const at = Date.UTC(2026, 10, 28, 4, 12, 7) / 1000;
  const status = {
    project: 'pr1',
    workflow: 'wf1',
    status: 'running',
    run_id: 29,
    started: at,
    ended: null,
    tasks: [],
  };
  const lines: [changes: Partial<WorkflowStatus>, line: string][] = [
    [{}, 'pr1/wf1: running for 12 s (run 29)'],
    [{ status: 'success', ended: at + 5.125 }, 'pr1/wf1: success after 5.13 s, at 2026-11-28 04:12:12 UTC (run 29)'],
    [{ status: 'not run', run_id: null, started: null }, 'pr1/wf1: not run'],
  ];
  for (const [changes, line] of lines) {
    it(`is a line: ${line}`, () => assert.equal(runLine({ ...status, ...changes }, at + 12.7), line));
  }

  it('is a table with the labels, and with the columns that have something in them', () => {
    const tasks = [
      task('t11', {
        status: 'error',
        label: 'error(3)',
        code: 3,
        attempt: 2,
        started: at,
        ended: at + 1,
        cause: { kind: 'exit', code: 3 },
      }),
      task('t12', { place: 2, exec: 'parallel', label: 'killed', cause: { kind: 'timeout' } }),
    ];
    const table = tasksTable(tasks, at, undefined);
    assert.match(table, /│ place │ task │ exec +│ function │ status +│ attempt │ started \(UTC\) +│ took +│ cause +│/);
    assert.match(table, /│ 1 +│ t11 +│ await +│ simple +│ error\(3\) │ 2 +│ 04:12:07 +│ 1\.00 s │ exit +│/);
    assert.match(tasksTable(tasks, at + 86_400, undefined), /│ 2026-11-28 04:12:07 │/);
    assert.match(table, /│ 2 +│ t12 +│ parallel │ simple +│ killed +│ +│ +│ +│ timeout │/);
  });

  it('shows on a small terminal the tasks from the first open one on', () => {
    const names = (ended: number) =>
      tasksInView(
        Array.from({ length: 10 }, (_, place) => task(`t${place}`, place < ended ? { status: 'success' } : {})),
        3,
      )
        .map(({ name }) => name)
        .join();
    assert.deepEqual([0, 4, 9, 10].map(names), ['t0,t1,t2', 't3,t4,t5', 't7,t8,t9', 't7,t8,t9']);
  });
});

describe('a long table', () => {
  for (const columns of [undefined, 40]) {
    it(`is drawn in pieces that look like one, ${columns ?? 'any number of'} columns wide`, () => {
      const rows = (count: number) => Array.from({ length: count }, (_, place) => [place, `name ${place % 10}`]);
      const lines = fittedTable(['id', 'name'], rows(1_000), columns).split('\n');
      const short = fittedTable(['id', 'name'], rows(3), columns).split('\n');
      assert.equal(lines.length, 2 * 1_000 + 3);
      assert.equal(short.length, 2 * 3 + 3);
      const shape = (line: string) => line.replace(/[^│├┼┤┌┬┐└┴┘─]/g, ' ');
      assert.deepEqual([...new Set(lines.slice(1, -1).map(shape))].length, 2);
      assert.deepEqual(new Set(lines.map((line) => line.length)).size, 1);
      assert.match(lines[1 + 2 * 500] as string, /^│ 499 +│ name 9 +│$/);
    });
  }

  it('of 10,000 rows takes no minutes', () => {
    const rows = Array.from({ length: 10_000 }, (_, place) => [place, 'success(0)']);
    assert.equal(fittedTable(['place', 'status'], rows, 80).split('\n').length, 20_003);
  });
});
