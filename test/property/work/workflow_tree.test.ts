import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { Client } from '../../../app/db/client.js';
import { hasCode } from '../../../app/errors.js';
import {
  createIn,
  type Document,
  type DocumentTask,
  deleteFrom,
  updateIn,
  type Workflow,
} from '../../../app/work/workflows/model/tree.js';
import { createWorkflowsRepository, type WorkflowsRepository } from '../../../app/work/workflows/repository.js';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { IS_NIGHTLY } from '../../support/nightly.js';

const RUNS = IS_NIGHTLY ? 500 : 60;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

const taskOf = (name: string): fc.Arbitrary<DocumentTask> =>
  fc.record({
    name: fc.constant(name),
    label: fc.constantFrom(null, 3, 'label'),
    place: fc.option(fc.integer({ min: 1, max: 9 })),
    exec: fc.constantFrom('await' as const, 'parallel' as const),
    fn: fc.constant('simple'),
    params: fc.array(fc.constantFrom('', 'x'), { maxLength: 2 }),
    env: fc.constantFrom({}, { A: 'b' }),
    tries: fc.constantFrom(1, 2),
    timeoutS: fc.constantFrom(null, 0.5),
    graceS: fc.constant(6),
  });

const tasks = fc
  .uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 5 })
  .chain((names) => fc.tuple(...names.map(taskOf)));

const documentOf = (maxWorkflows: number, needsTasks: boolean): fc.Arbitrary<Document> =>
  fc
    .uniqueArray(fc.constantFrom('w', 'v'), { minLength: 1, maxLength: maxWorkflows })
    .chain((names) =>
      fc.tuple(
        ...names.map((name) =>
          fc.record({
            name: fc.constant(name),
            label: fc.constant(null),
            tasks: needsTasks ? tasks : fc.option(tasks),
          }),
        ),
      ),
    )
    .map((workflows) => ({ project: 'p', label: null, workflows }));

const action = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('create' as const), document: documentOf(2, false) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('update' as const), document: documentOf(1, true) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), document: documentOf(1, false) }) },
);

const MODELS = { create: createIn, update: updateIn, delete: deleteFrom };

describe('the stored tree, beside a model of it', () => {
  let tarantool: RunningTarantool;
  let db: Client;
  let repository: WorkflowsRepository;
  let projects = 0;

  before(async () => {
    tarantool = await startTarantool();
    db = await connectClient({ address: tarantool.address });
    repository = createWorkflowsRepository(db);
  });
  after(async () => {
    await closeClients();
    await tarantool.end();
  });

  async function storedTree(project: string): Promise<Workflow[]> {
    const [listed] = await repository.list(project);
    const workflows = listed?.workflows ?? [];
    return Promise.all(
      workflows.map(async ({ name, label, taskCount }) => {
        const { tasks: placed } = await repository.dump({ project, workflow: name });
        assert.equal(placed.length, taskCount);
        for (const [i, { place }] of placed.entries()) assert.equal(place, i + 1);
        return { name, label, tasks: placed.map(({ place: _, ...task }) => task) };
      }),
    );
  }

  /** Pointers of what was refused; undefined when it was done. */
  async function attempt(kind: 'create' | 'update' | 'delete', document: Document): Promise<string[] | undefined> {
    try {
      await repository[kind](document, false);
      return undefined;
    } catch (reason) {
      assert.ok(hasCode(reason, 'WORKFLOW_NOT_FOUND') || hasCode(reason, 'WORKFLOW_STATE'));
      return (reason.violations ?? []).map(({ pointer }) => pointer).sort();
    }
  }

  it('is changed and refused alike by every list of documents', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 12 }), async (actions) => {
        const project = `p${++projects}`;
        await repository.create({ project, label: null, workflows: [] }, false);
        let model: readonly Workflow[] = [];
        for (const { kind, document } of actions) {
          const outcome = MODELS[kind](model, document);
          const pointers = outcome.faults?.map(({ workflow, task }) => {
            const below = task === undefined ? '' : `/tasks/${task}`;
            return `/context/project/workflows/${workflow}${below}/name`;
          });
          const refused = await attempt(kind, { ...document, project });
          assert.deepEqual(refused, pointers?.sort());
          if (outcome.faults === undefined) model = outcome.workflows;
          const byName = [...model].sort((a, b) => (a.name < b.name ? -1 : 1));
          assert.deepEqual(await storedTree(project), byName);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('keeps every order when thousands of tasks go in one by one at any place', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1_500, maxLength: 2_500 }),
        async (places) => {
          const project = `p${++projects}`;
          const base = { label: null, exec: 'await' as const, fn: 'simple', params: [], env: {}, tries: 2 };
          const made = places.map((place, i) => ({ ...base, name: `${i}`, place, timeoutS: null, graceS: 6 }));
          const document = { project, label: null, workflows: [{ name: 'w', label: null, tasks: made }] };
          await repository.create(document, false);
          const expected: string[] = [];
          for (const [i, place] of places.entries()) expected.splice(place - 1, 0, `${i}`);
          const { tasks: placed } = await repository.dump({ project, workflow: 'w' });
          assert.deepEqual(
            placed.map(({ name }) => name),
            expected,
          );
        },
      ),
      { numRuns: 4 },
    );
  });
});
