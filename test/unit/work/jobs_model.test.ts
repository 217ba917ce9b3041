import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { canonicalJson } from '../../../app/http/json/canonical_json.js';
import { jobFrom } from '../../../app/work/jobs/job.js';
import { backoffAfter, createJob, nextStatus, stepJob } from '../../../app/work/jobs/model/job.js';
import { isOpen, STATUSES, TRANSITIONS } from '../../../app/work/jobs/model/transitions.js';
import { JOB_PROCEDURES } from '../../../app/work/jobs/procedures.js';
import { projectDir } from '../../support/folder.js';

const docs = readFileSync(join(projectDir, 'docs', 'engine.md'), 'utf8');
const migration = readFileSync(join(projectDir, 'tarantool', 'migrations', '007_jobs.lua'), 'utf8');

describe('the states of a job', () => {
  it('are drawn in docs/engine.md as the table has them', () => {
    const drawn = [...docs.matchAll(/^ {4}(\S+) --> (\w+): (\w+)(?:, (.+))?$/gm)].map(([, from, to, event, when]) =>
      [from === '[*]' ? undefined : from, event, when, to].join(' '),
    );
    const listed = TRANSITIONS.map(({ from, event, when, to }) => [from, event, when, to].join(' '));
    assert.ok(listed.length > 10);
    assert.deepEqual(drawn.toSorted(), listed.toSorted());
  });

  it('each lead to another but for those that wait for somebody to retry, and all can be reached', () => {
    for (const status of STATUSES) {
      assert.ok(
        TRANSITIONS.some(({ to }) => to === status),
        status,
      );
      const events = TRANSITIONS.filter(({ from }) => from === status).map(({ event }) => event);
      assert.equal(
        events.every((event) => event === 'retry'),
        !isOpen(status),
        status,
      );
    }
  });

  it('allow what they name and refuse the rest', () => {
    const job = createJob({ maxAttempts: 1, backoffS: 1 });
    assert.equal(nextStatus(job, 'retry'), undefined);
    assert.equal(stepJob(job, { event: 'finish', lease: 0, at: 0 }), undefined);
    const taken = stepJob(job, { event: 'take', executor: 'e1' });
    assert.ok(taken !== undefined);
    assert.deepEqual([taken.attempt, taken.lease, taken.lockedBy], [1, 1, 'e1']);
    assert.equal(stepJob(taken, { event: 'finish', lease: 0, at: 0 }), undefined, 'an old lease');
    assert.equal(stepJob(taken, { event: 'fail', lease: 1, at: 0 })?.status, 'failed');
  });
});

describe('a back-off', () => {
  const cases: [faults: number, backoffS: number, waitS: number, reason: string][] = [
    [0, 1, 1, 'the first time as asked'],
    [1, 1, 2, 'then twice'],
    [5, 1, 32, 'and so on'],
    [2, 1000, 3600, 'an hour at most'],
    [5000, 1, 3600, 'even where doubling is infinite'],
  ];
  for (const [faults, backoffS, waitS, reason] of cases) {
    it(`after ${faults} faults of ${backoffS} s is ${waitS} s: ${reason}`, () => {
      assert.equal(backoffAfter(faults, backoffS), waitS);
    });
  }
});

describe('docs/engine.md', () => {
  it('describes every procedure of the engine and no other', () => {
    const described = [...docs.matchAll(/^\| `(svodka\.jobs\.\w+)` \|/gm)].map(([, name]) => name as string);
    const called = Object.values(JOB_PROCEDURES).map(({ name }) => name);
    assert.deepEqual(described.toSorted(), called.toSorted());
  });

  it('has the fields of a job in the order of the space', () => {
    const described = [...docs.matchAll(/^\| (\d+) \| `(\w+)` \|/gm)].map(([, number, name]) => `${number} ${name}`);
    const format = /space\.create\('jobs', \{(.*?)\n {4}\}\)/s.exec(migration)?.[1] ?? '';
    const fields = [...format.matchAll(/^ +\{ '(\w+)',/gm)].map(([, name], i) => `${i + 1} ${name}`);
    assert.ok(fields.length > 30);
    assert.deepEqual(described, fields);
    const tuple = /export type JobTuple = \[(.*?)\n\];/s.exec(
      readFileSync(join(projectDir, 'app', 'work', 'jobs', 'procedures.ts'), 'utf8'),
    )?.[1];
    const names = [...(tuple ?? '').matchAll(/^ {2}(\w+): /gm)].map(([, name]) => (name as string).toLowerCase());
    assert.deepEqual(
      names,
      fields.map((field) => field.replace(/^\d+ /, '').replaceAll('_', '')),
    );
    assert.equal(jobFrom.length, 1);
  });
});

describe('canonical JSON', () => {
  const cases: [a: unknown, b: unknown, isEqual: boolean, reason: string][] = [
    [{ a: 1, b: { d: 2, c: 3 } }, { b: { c: 3, d: 2 }, a: 1 }, true, 'members in another order'],
    [1.0, 1, true, 'numbers by their value'],
    [[1, 2], [2, 1], false, 'the order of a list counts'],
    [{ a: null }, {}, false, 'null is a value'],
    ['1', 1, false, 'a text is no number'],
  ];
  for (const [a, b, isEqual, reason] of cases) {
    it(`${isEqual ? 'is equal' : 'differs'}: ${reason}`, () => {
      assert.equal(canonicalJson(a) === canonicalJson(b), isEqual);
    });
  }
});
