import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../../../app/db/client.js';
import type { Procedure } from '../../../app/db/procedure.js';
import type { Document, DocumentTask } from '../../../app/work/workflows/model/tree.js';
import { createWorkflowsRepository } from '../../../app/work/workflows/repository.js';
import { closeClients, connectClient, connectExecutor, outcomeOf } from '../../support/db/db_client.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { projectDir } from '../../support/folder.js';
import { jobSpec } from '../../support/jobs.js';
import { until } from '../../support/until.js';
import { takeRun } from '../../support/work/hand_run.js';

const ROUNDS = 6;
const SCRIPT = join(projectDir, 'test', 'support', 'work', 'workflow_rows.lua');
const STRAYS: Procedure<[], [leftovers: number, tasks: number]> = { name: 'svodka.test.workflow_strays', kind: 'read' };

let tarantool: RunningTarantool;
after(async () => {
  await closeClients();
  await tarantool.end('SIGKILL');
});

async function start(dataDir?: string): Promise<Client> {
  tarantool = await startTarantool({ script: SCRIPT, ...(dataDir !== undefined && { dataDir }) });
  return connectClient({ address: tarantool.address });
}

async function killAndStart(): Promise<Client> {
  await tarantool.end('SIGKILL');
  await closeClients();
  return start(tarantool.dataDir);
}

function tasks(prefix: string, count: number): DocumentTask[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{ name: `${prefix}${i}`, label: null, place: null, exec: 'await', fn: 'simple' },
    ...{ params: [], env: {}, tries: 2, timeoutS: null, graceS: 6 },
  }));
}

function documentOf(workflow: string, list: DocumentTask[] | null): Document {
  return { project: 'p', label: null, workflows: [{ name: workflow, label: null, tasks: list }] };
}

/** The names of the tasks of a workflow by place; undefined when it is not there. */
async function namesIn(db: Client, workflow: string): Promise<string[] | undefined> {
  const repository = createWorkflowsRepository(db);
  if ((await outcomeOf(repository.state({ project: 'p', workflow }))) === 'WORKFLOW_NOT_FOUND') return undefined;
  const { tasks: placed } = await repository.dump({ project: 'p', workflow });
  return placed.map(({ name }) => name);
}

describe('kill -9 of the database', () => {
  it('leaves each document done as a whole or not at all, and what was staged is removed', async () => {
    let db = await start();
    // Of each workflow the lists of names that it may have: one, or two while the outcome of a document is unknown.
    const possible = new Map<string, (string[] | undefined)[]>();
    let made = 0;

    async function write(): Promise<void> {
      const repository = createWorkflowsRepository(db);
      for (;;) {
        const name = `w${made++}`;
        const steps: [after: string[] | undefined, step: () => Promise<unknown>][] = [];
        const first = tasks('a', made % 3 === 0 ? 2_500 : 20);
        const second = tasks('b', 30);
        const names = first.map((task) => task.name);
        const more = [...names, ...second.map((task) => task.name)];
        steps.push([names, () => repository.create(documentOf(name, first), false)]);
        steps.push([more, () => repository.create(documentOf(name, second), false)]);
        steps.push([more.slice(20), () => repository.delete(documentOf(name, first.slice(0, 20)), false)]);
        if (made % 4 === 0) steps.push([undefined, () => repository.delete(documentOf(name, null), false)]);
        let before: string[] | undefined;
        for (const [then, step] of steps) {
          possible.set(name, [before, then]);
          const outcome = await outcomeOf(step());
          if (outcome !== 'ok') return assert.match(outcome, /^(OUTCOME_UNKNOWN|DATABASE_AWAY)$/);
          possible.set(name, [then]);
          before = then;
        }
      }
    }

    for (let round = 0; round < ROUNDS; round++) {
      const writers = [write(), write(), write()];
      await sleep(50 + Math.random() * 400);
      const next = killAndStart();
      await Promise.all(writers);
      db = await next;
      for (const [name, lists] of possible) {
        const names = await namesIn(db, name);
        const found = lists.find((list) => JSON.stringify(list) === JSON.stringify(names));
        assert.ok(names === undefined ? lists.includes(undefined) : found, `${name} has ${names?.length} tasks`);
        possible.set(name, [names]);
      }
      await until('what belongs to no workflow is removed', async () => {
        const [leftovers, strays] = await db.call(STRAYS, []);
        return leftovers === 0 && strays === 0;
      });
    }
  });

  it('keeps what a run has stored, and the run goes on under the next lease', async () => {
    let db = await killAndStart();
    const names = { project: 'p', workflow: 'run' };
    await createWorkflowsRepository(db).create(documentOf('run', tasks('t', 3)), false);
    await createWorkflowsRepository(db).run(names, null, 'burns', jobSpec({ type: 'run', maxAttempts: 1_000_000 }));
    const run = await takeRun(await connectExecutor({ address: tarantool.address }));
    await run.advance(['t0', 'success', { code: 0, attempt: 1 }], ['t1', 'running', { pid: 7, attempt: 1 }]);
    await run.log('t1', 'one\n');
    await createWorkflowsRepository(db).stop('p', 'run', 'burns');
    db = await killAndStart();
    const { tasks: rows, ...state } = await createWorkflowsRepository(db).status(names);
    assert.deepEqual([state.status, state.stopBy, state.runId], ['stopping', 'burns', run.id]);
    assert.deepEqual(
      rows.map(({ status, pid }) => [status, pid]),
      [
        ['success', null],
        ['running', 7],
        ['new', null],
      ],
    );
    assert.equal((await createWorkflowsRepository(db).log(names, 't1', 0, 100)).text, 'one\n');
    // Its executor did not renew the lease: another one takes the run 10 s after the start.
    const again = await takeRun(await connectExecutor({ address: tarantool.address }), 'another');
    assert.equal(again.id, run.id);
    assert.deepEqual(await again.asked(), { stopBy: 'burns', forced: [] });
    await again.end('stopped');
    assert.equal((await createWorkflowsRepository(db).state(names)).status, 'stopped');
  });
});
