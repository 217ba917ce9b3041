import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Citizen } from '../../../app/dashboard/page/census/api.js';
import { mergeDraft, toChanges, toDraft } from '../../../app/dashboard/page/census/citizens/citizen_draft.js';
import { parseCensusPath } from '../../../app/dashboard/page/census/place.js';
import { toBins } from '../../../app/dashboard/page/charts/histogram.js';
import { formatPlace, parsePlace } from '../../../app/dashboard/page/frame/place.js';
import { toCsv } from '../../../app/dashboard/page/shared/csv.js';
import { EN as TRAFFIC_EN } from '../../../app/dashboard/page/traffic/words/words_en.js';
import { RU as TRAFFIC_RU } from '../../../app/dashboard/page/traffic/words/words_ru.js';
import { EN as USERS_EN } from '../../../app/dashboard/page/users/words/words_en.js';
import { RU as USERS_RU } from '../../../app/dashboard/page/users/words/words_ru.js';
import { EN } from '../../../app/dashboard/page/words/words_en.js';
import { RU } from '../../../app/dashboard/page/words/words_ru.js';
import { parseWorkPath, workflowHash } from '../../../app/dashboard/page/work/place.js';
import { argsText, EXAMPLE_ARGS } from '../../../app/dashboard/page/work/tasks/example_scene.js';
import { readDraft } from '../../../app/dashboard/page/work/tasks/task_draft.js';
import { EN as WORK_EN } from '../../../app/dashboard/page/work/words/words_en.js';
import { RU as WORK_RU } from '../../../app/dashboard/page/work/words/words_ru.js';
import type { WorkflowStatus } from '../../../app/dashboard/page/work/workflows/api.js';
import { barRows, runsIn, spanOf } from '../../../app/dashboard/page/work/workflows/history/bars.js';
import { reasonCode } from '../../../app/dashboard/page/work/workflows/reason_code.js';
import { ERRORS } from '../../../app/errors.js';
import { citizen } from '../../support/census/citizens.js';
import { projectDir } from '../../support/folder.js';

describe('places of the page', () => {
  for (const hash of [
    '#/',
    '#/imports/3',
    '#/imports/3?town=%D0%9A&sort=p99&page=2',
    '#/imports/3/citizens?cursor=NTA&gender=female',
    '#/compare?before=1&after=2',
  ]) {
    it(`read and write ${hash} alike`, () => {
      assert.equal(formatPlace(parsePlace(hash)), hash);
    });
  }

  for (const [hash, reason] of [
    ['#/imports/x', 'no number'],
    ['#/imports/1/other', 'no such tab'],
    ['#/imports/1/', 'a slash too many'],
    ['#/imports/99999999999999999999', 'no number that can be told from its neighbours'],
  ] as const) {
    it(`has nothing at ${hash}: ${reason}`, () => {
      assert.equal(parseCensusPath(parsePlace(hash).path).name, 'unknown');
    });
  }

  it('are read by the part that they belong to', () => {
    assert.deepEqual(parseCensusPath('/imports/3/citizens'), { name: 'import', importId: 3, tab: 'citizens' });
    assert.deepEqual(parseWorkPath('/tasks/29'), { name: 'task', taskId: 29 });
    assert.deepEqual(parseWorkPath('/tasks/new'), { name: 'newTask' });
    for (const [project, workflow] of [
      ['pr1', 'wf1'],
      ['завод 7', 'ночью? #50%'],
    ] as const)
      assert.deepEqual(parseWorkPath(parsePlace(workflowHash(project, workflow)).path), {
        name: 'workflow',
        project,
        workflow,
      });
    for (const path of [
      '/workflows/a',
      '/workflows/a/b/c',
      '/workflows/%E0/b',
      '/tasks/',
      '/tasks/x',
      '/tasks/99999999999999999999',
      '/tasks/1/2',
    ])
      assert.equal(parseWorkPath(path).name, 'unknown', path);
  });

  it('leaves out parameters without a value', () => {
    assert.equal(formatPlace({ path: '/', query: { town: '' } }), '#/');
  });
});

describe('a draft of a citizen', () => {
  const base = citizen(1, { relatives: [2, 3], apartment: 7 }) as Citizen;
  const draft = toDraft(base);

  it('sends only what was changed, as what it is', () => {
    assert.deepEqual(toChanges(draft, draft), {});
    assert.deepEqual(toChanges({ ...draft, apartment: '8', relatives: '5;6, 7' }, draft), {
      apartment: 8,
      relatives: [5, 6, 7],
    });
  });

  it('takes relatives for a set', () => {
    assert.deepEqual(toChanges({ ...draft, relatives: '3;2' }, draft), {});
    assert.deepEqual(toChanges({ ...draft, relatives: '' }, draft), { relatives: [] });
  });

  it('leaves it to the service to say what is no number', () => {
    assert.deepEqual(toChanges({ ...draft, apartment: 'x', relatives: '2;x' }, draft), {
      apartment: 'x',
      relatives: [2, 'x'],
    });
  });

  it('meets another change: keeps its own fields, follows the others, and is in conflict where both differ', () => {
    const mine = { ...draft, town: 'A', street: 'B', building: 'same' };
    const stored = { ...draft, town: 'C', name: 'D', building: 'same' };
    const merged = mergeDraft(mine, draft, stored);
    assert.deepEqual(merged.conflicts, ['town']);
    assert.deepEqual(merged.draft, { ...draft, town: 'A', street: 'B', building: 'same', name: 'D' });
  });
});

describe('a draft of a task', () => {
  const limits = { max_attempts: '', timeout_s: '', memory_mb: '', priority: '' };
  const draft = { script: 'render.scene', name: '', args: '', ...limits };

  it('sends what was filled in, numbers as numbers', () => {
    assert.deepEqual(readDraft(draft), { task: { script: 'render.scene', args: {} } });
    assert.deepEqual(readDraft({ ...draft, name: ' a ', args: '[1]', max_attempts: '3', timeout_s: '1.5' }), {
      task: { script: 'render.scene', args: [1], name: 'a', max_attempts: 3, timeout_s: 1.5 },
    });
    assert.deepEqual(readDraft({ ...draft, priority: 'x' }), {
      task: { script: 'render.scene', args: {}, priority: 'x' },
    });
  });

  it('says what is wrong with its arguments', () => {
    assert.equal((readDraft({ ...draft, args: '{' }) as { fault: { key: string } }).fault.key, 'new.notJson');
    for (const args of ['1', 'null', '"a"']) {
      assert.deepEqual(readDraft({ ...draft, args }), { fault: { key: 'new.notArgs' } }, args);
    }
  });

  it('shows the example as JSON that says the same', () => {
    assert.deepEqual(JSON.parse(argsText(EXAMPLE_ARGS)), EXAMPLE_ARGS);
    assert.match(argsText(EXAMPLE_ARGS), /"from": \[0, 1.8, 6\]/);
  });
});

describe('bars of a run', () => {
  const change = (task: string | null, status: string, at: number, run_id = 7) => ({
    ...{ task, status, at, run_id, label: status },
    ...{ by: 'run', why: null },
  });
  // As the service answers: newest first.
  const history = [
    change(null, 'running', 100, 8),
    change(null, 'error', 30),
    change('b', 'error', 30),
    change('b', 'running', 25),
    change('b', 'rerun', 24),
    change('b', 'running', 20),
    change('a', 'success', 19),
    change('a', 'running', 11),
    change(null, 'running', 10),
    change('a', 'new', 9),
  ];

  it('say how each stretch ended, and leave out what takes no time', () => {
    assert.deepEqual(runsIn(history), [8, 7]);
    assert.deepEqual(
      barRows(history, 7).map(({ task, bars }) => [task, bars.map(({ status, start, end }) => [status, start, end])]),
      [
        [null, [['error', 10, 30]]],
        ['a', [['success', 11, 19]]],
        [
          'b',
          [
            ['running', 20, 24],
            ['rerun', 24, 25],
            ['error', 25, 30],
          ],
        ],
      ],
    );
  });

  it('last until now while something goes on', () => {
    const rows = barRows(history, 8);
    assert.deepEqual(rows, [
      { task: null, bars: [{ status: 'running', label: 'running', start: 100, end: undefined }] },
    ]);
    assert.deepEqual(spanOf(rows, 160), { start: 100, end: 160 });
    assert.deepEqual(barRows(history, 9), []);
  });
});

describe('why a run is as it is', () => {
  const task = (name: string, exec: 'await' | 'parallel', status: string) => ({
    ...{ name, exec, status, label: status, place: 1, function: 'simple' },
    ...{ attempt: 1, started: null, ended: null },
  });
  const code = (status: WorkflowStatus, tasks: ReturnType<typeof task>[], about: string | null = null) => {
    const state = { project: 'p', workflow: 'w', status, run_id: 1, started: 1, ended: null, tasks };
    const { code: found, names } = reasonCode(state, about);
    return [found, ...names];
  };

  for (const [told, expected] of [
    [code('not run', [task('a', 'await', 'not run')]), ['notRun']],
    [code('running', [task('a', 'await', 'success'), task('b', 'await', 'new')]), ['next']],
    [code('running', [task('a', 'parallel', 'running'), task('b', 'await', 'rerun')]), ['awaits', 'b']],
    [code('running', [task('a', 'parallel', 'running'), task('b', 'parallel', 'running')]), ['awaitsAll', 'a', 'b']],
    [code('running', [task('a', 'await', 'waiting')]), ['library', 'a']],
    [code('stopping', [task('a', 'await', 'immortal')]), ['stoppingOn', 'a']],
    [code('stopped', [task('a', 'await', 'killed')], 'a'), ['stoppedHard', 'a']],
    [code('error', [task('a', 'await', 'error')], 'a'), ['failedOn', 'a']],
    [code('error', []), ['failed']],
    [code('success', [task('a', 'await', 'success')]), ['succeeded']],
  ] as const) {
    it(`is told as ${expected.join(' ')}, for which there is a Russian sentence`, () => {
      assert.deepEqual(told, expected);
      assert.ok(WORK_RU[`why.${expected[0]}`] !== undefined);
    });
  }
});

describe('what the charts are made of', () => {
  it('ages are put into bars without gaps', () => {
    const bins = toBins(
      [
        { age: 4, citizens: 1 },
        { age: 5, citizens: 2 },
        { age: 16, citizens: 3 },
      ],
      5,
    );
    assert.deepEqual(
      bins.map(({ from, to, citizens }) => [from, to, citizens]),
      [
        [0, 4, 1],
        [5, 9, 2],
        [10, 14, 0],
        [15, 19, 3],
      ],
    );
    assert.deepEqual(toBins([], 5), []);
  });

  it('CSV quotes what it must', () => {
    assert.equal(
      toCsv(
        {
          header: ['a', 'b'],
          rows: [
            ['x,"y"', null],
            ['1\n2', 3],
            [undefined, 0],
          ],
        },
        'en',
      ),
      'a,b\r\n"x,""y""",\r\n"1\n2",3\r\n,0\r\n',
    );
  });
});

describe('the CSV of the page', () => {
  it('has no text that a spreadsheet would take for a formula, and numbers as they are', () => {
    const texts = ['=HYPERLINK("http://x")', '+1', '-1', '@a', '\t=1', '\r=1', '＝1', 'a=1', "'a"];
    assert.equal(
      toCsv({ header: ['town', 'shift'], rows: texts.map((text) => [text, -1.5]) }, 'en'),
      'town,shift\r\n"\'=HYPERLINK(""http://x"")",-1.5\r\n\'+1,-1.5\r\n\'-1,-1.5\r\n\'@a,-1.5\r\n\'\t=1,-1.5\r\n' +
        "\"'\r=1\",-1.5\r\n'＝1,-1.5\r\na=1,-1.5\r\n'a,-1.5\r\n",
    );
  });

  it('has semicolons and commas in numbers in Russian, as Excel does there', () => {
    const rows = [
      ['a;b', 27.5],
      ['a,b', -1],
      ['=a;"', 1234567.25],
    ];
    assert.equal(
      toCsv({ header: ['town', 'p50'], rows }, 'ru'),
      'town;p50\r\n"a;b";27,5\r\na,b;-1\r\n"\'=a;""";1234567,25\r\n',
    );
  });
});

describe('the words of the page', () => {
  const parameters = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

  it('take the same parameters in both languages', () => {
    const pairs: [Record<string, string>, Record<string, string>][] = [
      [EN, RU],
      [TRAFFIC_EN, TRAFFIC_RU],
      [USERS_EN, USERS_RU],
      [WORK_EN, WORK_RU],
    ];
    for (const [english, russian] of pairs)
      for (const [key, text] of Object.entries(english))
        assert.deepEqual(parameters(russian[key] as string), parameters(text), key);
  });

  it('have one text for a key, whichever part shows it', () => {
    const keys = [EN, TRAFFIC_EN, USERS_EN, WORK_EN].flatMap((texts) => Object.keys(texts));
    assert.equal(new Set(keys).size, keys.length);
  });

  it('are there in Russian for each code of the service', () => {
    const rules = [...readFileSync(join(projectDir, 'docs', 'errors.md'), 'utf8').matchAll(/^### (\w+)$/gm)];
    assert.ok(rules.length > 10);
    const keys = [...Object.keys(ERRORS).map((code) => `error.${code}`), ...rules.map(([, code]) => `fault.${code}`)];
    assert.deepEqual(
      keys.filter((key) => RU[key] === undefined),
      [],
    );
    for (const [code, { russian }] of Object.entries(ERRORS)) assert.equal(RU[`error.${code}`], russian, code);
  });
});
