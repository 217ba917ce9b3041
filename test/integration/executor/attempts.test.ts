import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { environmentOf, listPids, readProcess } from '../../../app/executor/processes/process_table.js';
import { createRunner, type RunResult } from '../../support/executor/runner.js';
import { makeScriptFolder } from '../../support/executor/scripts.js';

const run = createRunner(makeScriptFolder());

/** Living processes started by a script and orphaned since. */
function markedOrphans(): number[] {
  return listPids().filter((pid) => {
    const found = readProcess(pid);
    const isOrphan = found?.isZombie === false && found.parentPid === 1;
    return isOrphan && environmentOf(pid, 'SVODKA_MARK') !== undefined;
  });
}

function resultOf({ outcome }: RunResult): unknown {
  assert.equal(outcome.kind, 'finished', JSON.stringify(outcome));
  return outcome.kind === 'finished' ? outcome.result : undefined;
}

function failureOf({ outcome }: RunResult) {
  assert.equal(outcome.kind, 'failed', JSON.stringify(outcome));
  return outcome as Extract<typeof outcome, { kind: 'failed' }>;
}

/** The living processes of a group. */
function membersOf(groupId: number): number[] {
  return listPids().filter((pid) => {
    const found = readProcess(pid);
    return found?.groupId === groupId && !found.isZombie;
  });
}

describe('an attempt at a JavaScript task', () => {
  it('calls the function with the arguments as one object and answers what it returns', async () => {
    const done = await run('plain.add', { args: { a: 1, b: 2 } });
    assert.deepEqual(resultOf(done), { sum: 3, calls: 1 });
    assert.equal(done.output.toString(), 'adding 1 2\n');
  });

  it('passes a list as positional arguments', async () => {
    assert.deepEqual(resultOf(await run('plain.positional', { args: [1, [2]] })), [1, [2]]);
  });

  it('waits for a promise, and takes undefined for null', async () => {
    assert.equal(resultOf(await run('plain.later')), 'later');
    assert.equal(resultOf(await run('plain.nothing')), null);
  });

  it('tells the function about its task, and the executor how far it is', async () => {
    assert.deepEqual(resultOf(await run('plain.about')), { id: 'a-task', meta: { colour: 'red' }, attempt: 1 });
    const { progress } = await run('plain.steps');
    assert.deepEqual(progress, [
      { fraction: 0.5, text: 'half' },
      { fraction: 1, text: 'beyond' },
    ]);
  });

  it('shows it no environment variable but PATH, LANG and TZ', async () => {
    const seen = Object.keys(resultOf(await run('plain.environment')) as object);
    assert.deepEqual(
      seen.filter((name) => !['PATH', 'LANG', 'TZ', 'SVODKA_MARK'].includes(name)),
      [],
    );
  });

  it('keeps an interpreter for the next task of the same user, in which modules begin anew', async () => {
    const first = await run('plain.add', { args: { a: 1, b: 1 }, user: 'kept' });
    const second = await run('plain.add', { args: { a: 1, b: 1 }, user: 'kept' });
    const third = await run('legacy.count', { user: 'kept' });
    const fourth = await run('legacy.count', { user: 'kept' });
    assert.deepEqual([resultOf(second), resultOf(third), resultOf(fourth)], [{ sum: 2, calls: 1 }, 1, 1]);
    assert.deepEqual([second.pid, third.pid, fourth.pid], [first.pid, first.pid, first.pid]);
  });

  it('lets the modules that a script imports begin anew as well, at its start and later, in a kept interpreter', async () => {
    const first = await run('plain.later', { user: 'importer' });
    const scripts = ['importing.run', 'importing.run', 'importing.later', 'plain.later', 'importing.later'];
    for (const script of scripts) {
      const done = await run(script, { user: 'importer' });
      assert.deepEqual([resultOf(done), done.pid], [script === 'plain.later' ? 'later' : 1, first.pid], script);
      assert.equal(done.isReusable, true, script);
    }
  });

  it('gives an interpreter that has served one user to no other', async () => {
    const [first, second] = [await run('plain.later', { user: 'one' }), await run('plain.later', { user: 'other' })];
    assert.notEqual(first.pid, second.pid);
  });

  for (const [name, left] of [
    ['global', 'a global variable'],
    ['prototype', 'a changed prototype'],
    ['variable', 'a changed environment'],
    ['timer', 'a timer'],
    ['patched', 'a replaced built-in function'],
  ] as const) {
    it(`ends an interpreter in which a task left ${left}`, async () => {
      const first = await run(`leaving.${name}`, { user: name });
      const second = await run(`leaving.${name}`, { user: name });
      assert.deepEqual([first.isReusable, second.isReusable], [false, false]);
      assert.deepEqual(resultOf(second), resultOf(first));
    });
  }

  it('ends the processes that a task left in its group, and those that left the group', async () => {
    for (const script of ['leaving.groupLeft', 'leaving.sessionLeft']) {
      const done = await run(script, { user: script });
      const pid = resultOf(done) as number;
      assert.deepEqual(
        membersOf(pid).filter((each) => each !== pid),
        [],
      );
      assert.deepEqual(markedOrphans(), []);
    }
  });
});

describe('an attempt at a hostile task', () => {
  const cases: [script: string, kind: string, detail: RegExp, reason: string][] = [
    ['exits', 'exit', /exit code 3/, 'it ends without an answer'],
    ['exitsWell', 'exit', /exit code 0/, 'an exit code of 0 is no answer either'],
    ['kills', 'signal', /SIGKILL/, 'it kills itself'],
    ['answersTwice', 'error', /could not give/, 'it writes an answer of its own'],
    ['answersJunk', 'error', /not JSON/, 'it writes what is not JSON'],
    ['answersLong', 'error', /broke the protocol/, 'it writes a line without an end'],
    ['throwsLate', 'error', /late/, 'it throws in a timer'],
    ['rejectsLate', 'error', /nobody waits/, 'it leaves a rejected promise'],
    ['throwsNull', 'error', /null was thrown/, 'it throws what is no error'],
    ['bigint', 'error', /BigInt/, 'its result is not JSON'],
    ['circle', 'error', /circular/, 'its result is not JSON'],
    ['large', 'error', /1 MiB/, 'its result is too long'],
  ];
  for (const [script, kind, detail, reason] of cases) {
    it(`fails with cause ${kind} when ${reason} (${script})`, async () => {
      const { cause, errortext } = failureOf(await run(`hostile.${script}`));
      assert.equal(cause.kind, kind);
      assert.match(errortext, detail);
    });
  }

  it('reads 130 MB of output without keeping them, and without taking the task for a failure', async () => {
    const done = await run('hostile.prints');
    assert.equal(resultOf(done), 'printed');
    assert.equal(done.output.length, 2000 * 65536);
  });

  it('ends a task that runs longer than it may, even when it never yields', async () => {
    const { cause, errortext } = failureOf(await run('hostile.loops', { limits: { timeoutMs: 500 } }));
    assert.deepEqual(cause, { kind: 'timeout' });
    assert.match(errortext, /within 0.5 s/);
  });

  it('ends a task that takes more memory than it may, outside the heap of V8 too', async () => {
    const { cause } = failureOf(await run('hostile.eats', { limits: { memoryBytes: 300 * 1024 ** 2 } }));
    assert.deepEqual(cause, { kind: 'memory' });
  });

  it('ends a task that forks without end, with all that it started', async () => {
    const done = await run('hostile.forks', { limits: { memoryBytes: 8 * 1024 ** 3 } });
    assert.match(failureOf(done).errortext, /more than 64 processes/);
    assert.deepEqual(membersOf(done.pid), []);
  });
});

describe('a task that is told to stop', () => {
  it('ends at once when it has not asked for the sign of cancellation', async () => {
    const { outcome } = await run('hostile.waits', { onceStarted: (attempt) => attempt.stop() });
    assert.deepEqual(outcome, { kind: 'ended' });
  });

  it('may end in its own way when it heeds the sign', async () => {
    for (const script of ['hostile.heeds', 'snake.heeds']) {
      const done = await run(script, {
        args: script.startsWith('snake') ? [] : {},
        onceStarted: (attempt) => setTimeout(() => attempt.stop(), 200),
      });
      assert.equal(resultOf(done), 'heeded');
    }
  });

  it('is killed after 6 s when it ignores the sign', async () => {
    const done = await run('hostile.ignoresTerm', { onceStarted: (attempt) => attempt.stop() });
    assert.deepEqual(done.outcome, { kind: 'ended' });
    assert.deepEqual(membersOf(done.pid), []);
  });

  it('is killed at once when its lease is lost', async () => {
    const done = await run('hostile.loops', { onceStarted: (attempt) => attempt.kill() });
    assert.deepEqual(done.outcome, { kind: 'ended' });
  });
});

describe('an attempt at a Python task', () => {
  it('calls the function with keyword arguments, or positional ones', async () => {
    const done = await run('snake.add', { args: { a: 1 } });
    assert.deepEqual(resultOf(done), { sum: 3, calls: 1 });
    assert.equal(done.output.toString(), 'adding 1 2\n');
    assert.deepEqual(resultOf(await run('snake.add', { args: [1, 5] })), { sum: 6, calls: 1 });
  });

  it('awaits a coroutine, and knows its task', async () => {
    const done = await run('snake.later');
    assert.equal(resultOf(done), 'a-task');
    assert.deepEqual(done.progress, [{ fraction: 0.5, text: 'half' }]);
  });

  it('fails with the traceback when the result is not JSON, and with the exit code when it exits', async () => {
    assert.match(failureOf(await run('snake.unlikely')).errortext, /not JSON serializable/);
    assert.deepEqual(failureOf(await run('snake.exits')).cause, { kind: 'exit', code: 3 });
  });
});
