import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTaskNamer, MAX_NAME_CHARACTERS } from '../../../../app/work/jobs/creating/task_name.js';

describe('names for tasks that were given none', () => {
  it('have the user and the time, and no name comes twice though the clock stands still or goes back', () => {
    let nowMs = Date.UTC(2026, 10, 27, 20, 30, 11) + 123.456;
    const nameFor = createTaskNamer(() => nowMs);
    assert.equal(nameFor('gomer'), 'task_gomer_2026-11-27T20:30:11.123456Z');
    assert.equal(nameFor('gomer'), 'task_gomer_2026-11-27T20:30:11.123457Z');
    nowMs -= 60_000;
    assert.equal(nameFor('lisa'), 'task_lisa_2026-11-27T20:30:11.123458Z');
  });

  it('are no longer than names may be', () => {
    const name = createTaskNamer()('a'.repeat(150));
    assert.equal(name.length, MAX_NAME_CHARACTERS);
    assert.match(name, /^task_a+_\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z$/);
  });
});
