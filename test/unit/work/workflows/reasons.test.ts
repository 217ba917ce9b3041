import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { durationText, estimate } from '../../../../app/work/workflows/model/eta.js';
import { labelOf } from '../../../../app/work/workflows/model/statuses.js';
import { reasonOf } from '../../../../app/work/workflows/model/why.js';

type Run = Parameters<typeof reasonOf>[0];
type Task = Run['tasks'][number];

const NOW = 1_000;

function task(name: string, changes: Partial<Task> = {}): Task {
  return {
    ...{ name, exec: 'await', status: 'new', code: null, pid: null, attempt: 1 },
    ...{ started: null, ended: null, cause: null },
    ...changes,
  };
}

function why(status: Run['status'], tasks: readonly Task[], changes: Partial<Run> = {}): string {
  const run = { status, runTask: null, started: 900, ended: null, stopBy: null, isTaken: true, tasks, ...changes };
  return reasonOf(run, NOW).text;
}

describe('why a run is as it is', () => {
  const parallel = { exec: 'parallel' } as const;
  const cases: [expected: string, ...Parameters<typeof why>][] = [
    ['The workflow has not been run since it was made.', 'not run', []],
    ['The run waits for an executor: none carries it out yet.', 'running', [task('a')], { isTaken: false }],
    ['The run is about to start its next task.', 'running', [task('a')]],
    [
      'The run waits for b, which runs in attempt 2, for 35 s by now.',
      'running',
      [task('a', { ...parallel, status: 'running' }), task('b', { status: 'running', attempt: 2, started: 965 })],
    ],
    ['The run waits for a, which is in an external library.', 'running', [task('a', { status: 'waiting' }), task('b')]],
    [
      'All awaited tasks have ended; the run waits for a and b.',
      'running',
      [
        task('a', { ...parallel, status: 'running' }),
        task('b', { ...parallel, status: 'rerun' }),
        task('c', { status: 'success', code: 0 }),
      ],
    ],
    [
      'burns asked the run to stop; it waits for a and b.',
      'stopping',
      [task('a', { status: 'stopping' }), task('b', { status: 'stopping' })],
      { stopBy: 'burns' },
    ],
    [
      'The run is stopped because b failed; it waits for process 4711 of a, which survived SIGKILL.',
      'stopping',
      [task('a', { ...parallel, status: 'immortal', pid: 4711 }), task('b', { status: 'error', code: 1 })],
    ],
    [
      'burns stopped the run; a had to be killed; 2 tasks were not started.',
      'stopped',
      [task('a', { status: 'killed' }), task('b'), task('c')],
      { stopBy: 'burns' },
    ],
    [
      'The run failed: b ended as error(3) in attempt 2. a failed too.',
      'error',
      [
        task('a', { ...parallel, status: 'terminated', code: -15 }),
        task('b', { status: 'error', code: 3, attempt: 2, cause: { kind: 'exit' } }),
      ],
    ],
    [
      'The run failed: a ended as killed, because its time was over.',
      'error',
      [task('a', { status: 'killed', cause: { kind: 'timeout' } })],
    ],
    [
      'The run failed: a ended as error, because it could not be started.',
      'error',
      [task('a', { status: 'error', cause: { kind: 'start' } })],
    ],
    ['The run succeeded: all its tasks ended without an error, in 12 s.', 'success', [], { ended: 912 }],
    ['The run succeeded: a ended without an error, in 0.5 s.', 'success', [], { ended: 900.5, runTask: 'a' }],
  ];
  for (const [expected, ...run] of cases) {
    it(`says: ${expected}`, () => {
      assert.equal(why(...run), expected);
    });
  }

  it('names the task whose log is worth a look', () => {
    const tasks = [task('a', { status: 'error', code: 3 }), task('b', { ...parallel, status: 'stopped' })];
    const run = { status: 'error', runTask: null, started: 1, ended: 2, stopBy: null, isTaken: false, tasks } as const;
    assert.equal(reasonOf(run, NOW).task, 'a');
  });
});

describe('how long is left', () => {
  it('is unknown without an earlier run', () => {
    assert.deepEqual(estimate([], 5), { runs: 0, elapsedS: 5, leftS: null, text: 'no earlier run that succeeded' });
  });

  it('is the median and the 90th percentile of what earlier runs took, less what is over', () => {
    const durations = [100, 10, 30, 20, 40, 50, 60, 70, 80, 90, 0];
    const whole = estimate(durations, null);
    assert.deepEqual(whole.leftS, { median: 50, p90: 90 });
    const going = estimate(durations, 50);
    // Runs that were over by then say nothing of what is left: 60 to 100 remain.
    assert.deepEqual(going.leftS, { median: 30, p90: 46 });
    assert.equal(going.text, 'left: about 30 s, 46 s at most in 9 of 10 (from 11 earlier runs)');
  });

  it('is nothing that earlier runs know of, once all of them were over', () => {
    const { leftS, text } = estimate([5, 6], 7);
    assert.deepEqual(leftS, { median: 0, p90: 0 });
    assert.equal(text, 'longer than each of 2 earlier runs');
  });

  it('is told at a glance', () => {
    const texts = [0, 0.04, 3.14, 42.4, 125, 7_199, 9_000, 400_000].map(durationText);
    assert.deepEqual(texts, ['0 s', '0 s', '3.1 s', '42 s', '2 min', '120 min', '2.5 h', '4.6 days']);
  });
});

describe('labels', () => {
  it('have the number that people look for, where there is one', () => {
    assert.deepEqual(
      [
        labelOf('error', 3, null),
        labelOf('error', null, null),
        labelOf('terminated', -15, null),
        labelOf('success', 0, null),
        labelOf('immortal', null, 4711),
        labelOf('running', null, 12),
        labelOf('not run', null, null),
      ],
      ['error(3)', 'error', 'terminated(-15)', 'success(0)', 'immortal(4711)', 'running', 'not run'],
    );
  });
});
