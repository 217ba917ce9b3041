import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { STAGE_MS } from '../../../app/work/workflows/model/run.js';
import { isOver } from '../../../app/work/workflows/model/statuses.js';
import { projectDir } from '../../support/folder.js';
import { runs } from '../../support/random.js';
import { type Conduct, createWorld, type World, type WorldTask } from '../../support/work/run_world.js';

const GRACE_S = 6;

const conduct: fc.Arbitrary<Conduct> = fc.record({
  code: fc.constantFrom(0, 0, 0, 0, 0, 3, -15),
  ignoresInt: fc.boolean(),
  ignoresTerm: fc.boolean(),
  isUnkillable: fc.constant(false),
  cannotStart: fc.constantFrom(false, false, false, false, false, true),
});
const unkillable = conduct.map((each): Conduct => ({ ...each, isUnkillable: true, cannotStart: false }));

const anyConduct = fc.oneof({ weight: 5, arbitrary: conduct }, { weight: 1, arbitrary: unkillable });

const taskList = (conducts: fc.Arbitrary<Conduct>): fc.Arbitrary<WorldTask[]> =>
  fc
    .array(
      fc.record({
        exec: fc.constantFrom('await' as const, 'parallel' as const),
        tries: fc.integer({ min: 1, max: 3 }),
        timeoutS: fc.constantFrom(null, null, 3),
        graceS: fc.constantFrom(0, 1, GRACE_S),
        conducts: fc.array(conducts, { minLength: 1, maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((list) => list.map((each, i) => ({ ...each, id: i + 1, name: `t${i + 1}` })));

const event = fc.oneof(
  { weight: 6, arbitrary: fc.constant('arrive' as const) },
  { weight: 5, arbitrary: fc.constant('end' as const) },
  { weight: 3, arbitrary: fc.constant('signals' as const) },
  { weight: 3, arbitrary: fc.constant('time' as const) },
  { weight: 1, arbitrary: fc.constant('stop' as const) },
  { weight: 1, arbitrary: fc.constant('wait' as const) },
  { weight: 1, arbitrary: fc.constant('go on' as const) },
  { weight: 1, arbitrary: fc.constant('stray' as const) },
  { weight: 1, arbitrary: fc.constant('crash' as const) },
);
const events = fc.array(fc.tuple(event, fc.nat(100)), { maxLength: 60 });

function pick<T>(list: readonly T[], n: number): T | undefined {
  return list.length === 0 ? undefined : list[n % list.length];
}

function happen(world: World, what: string, n: number): void {
  const starting = pick(world.starting(), n);
  const running = pick(world.running(), n);
  if (what === 'arrive' && starting !== undefined) world.arrive(starting);
  if (what === 'end' && running !== undefined) world.endByItself(running);
  if (what === 'signals') world.letSignalsWork();
  if (what === 'time') world.pass(n % 2 === 0 ? n * 40 : Math.max(0, (world.wakeAt() ?? 0) - world.now()));
  if (what === 'stop') world.stop();
  if (what === 'wait' && running !== undefined) world.force(running, 'waiting');
  if (what === 'go on' && running !== undefined) world.force(running, 'running');
  if (what === 'crash') world.crash();
  if (what === 'stray') {
    // Of tasks without a process, or of none at all.
    world.send({ type: 'ended', task: 99, code: 0 });
    world.send({ type: 'started', task: running ?? 99, pid: 1 });
    if (starting !== undefined) world.send({ type: 'ended', task: starting, code: 0 });
    world.send({ type: 'begun' });
  }
}

/** Lets everything happen that must, until the run has ended. */
function finish(world: World): void {
  for (let i = 0; world.end() === undefined; i++) {
    assert.ok(i < 1_000, 'the run never ends');
    for (const id of world.starting()) world.arrive(id);
    world.letSignalsWork();
    for (const id of world.running()) world.endByItself(id);
  }
}

describe('the state machine of a run', () => {
  it('keeps its rules whatever the order of events, crashes included, and comes to an end', () => {
    const property = fc.property(taskList(anyConduct), events, (tasks, list) => {
      const world = createWorld(tasks);
      for (const [what, n] of list) happen(world, what, n);
      finish(world);
      for (const { status } of world.stored.values()) assert.ok(status === 'new' || isOver(status), status);
      if (world.end() === 'success') {
        for (const { status } of world.stored.values()) assert.equal(status, 'success');
      }
      if (world.stoppedAt() !== undefined) assert.equal(world.end(), 'stopped');
      assert.deepEqual(world.wakeAt(), undefined);
    });
    fc.assert(property, runs(3_000, 100_000));
  });

  it('moves a task as the diagram in docs/workflows.md says, where nothing crashes', () => {
    const seen = new Set<string>();
    const property = fc.property(taskList(anyConduct), events, (tasks, list) => {
      const world = createWorld(tasks);
      for (const [what, n] of list) if (what !== 'crash') happen(world, what, n);
      finish(world);
      for (const move of world.moves) seen.add(move);
    });
    // Rare moves must be among them.
    fc.assert(property, { numRuns: 10_000, seed: 1 });
    const text = readFileSync(join(projectDir, 'docs', 'workflows.md'), 'utf8');
    const drawn = [...text.matchAll(/^ {4}(\w+ --> \w+):/gm)].map(([, move]) => move as string);
    // The begin of a run makes tasks new, and stores that with the run.
    const moves = drawn.filter((move) => move !== 'not_run --> new');
    assert.ok(moves.length > 10);
    assert.deepEqual([...seen].sort(), [...new Set(moves)].sort());
  });

  it('ends a run within grace_s + 2 + 2 s of the stop, where SIGKILL ends what runs', () => {
    const property = fc.property(taskList(conduct), events, (tasks, list) => {
      const world = createWorld(tasks);
      for (const [what, n] of list) if (what !== 'wait') happen(world, what, n);
      if (world.end() !== undefined) return;
      const from = world.now();
      world.stop();
      for (const id of world.starting()) world.arrive(id);
      world.letSignalsWork();
      while (world.end() === undefined) {
        const at = world.wakeAt();
        assert.ok(at !== undefined && at - from <= GRACE_S * 1_000 + 2 * STAGE_MS, `${at}`);
        world.pass(at - world.now());
        world.letSignalsWork();
      }
      assert.equal(world.end(), 'stopped');
    });
    fc.assert(property, runs(2_000, 50_000));
  });
});
