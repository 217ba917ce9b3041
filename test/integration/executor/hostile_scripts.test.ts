import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { environmentOf, listPids, readProcess } from '../../../app/executor/processes/process_table.js';
import type { Job } from '../../../app/work/jobs/job.js';
import { closeClients, connectClient } from '../../support/db/db_client.js';
import { type RunningTarantool, startTarantool } from '../../support/db/tarantool.js';
import { type RunningExecutor, startExecutorProcess } from '../../support/executor/process.js';
import { makeScriptFolder } from '../../support/executor/scripts.js';
import { createTasks, type TaskChanges, type Tasks } from '../../support/executor/tasks.js';
import { readMarkdown } from '../../support/markdown.js';
import { IS_NIGHTLY } from '../../support/nightly.js';
import { until } from '../../support/until.js';

const PATIENCE_MS = 120_000;
/** 1 GB of output in the nightly run, 130 MB otherwise. */
const PRINTED_LINES = IS_NIGHTLY ? 16_000 : 2_000;

type Case = { script: string; task?: TaskChanges; isCancelled?: true };

/** What the page says a script does -> scripts that do it. */
const CASES: Readonly<Record<string, readonly Case[]>> = {
  'exits without an answer, with any code': [
    { script: 'hostile.exits' },
    { script: 'hostile.exitsWell' },
    { script: 'snake.exits' },
  ],
  'kills itself': [{ script: 'hostile.kills' }],
  'writes an answer of its own, or what is not JSON, to the descriptor for answers': [
    { script: 'hostile.answersTwice' },
    { script: 'hostile.answersJunk' },
    { script: 'hostile.answersLong' },
  ],
  'throws later, or leaves a rejected promise': [
    { script: 'hostile.throwsLate' },
    { script: 'hostile.rejectsLate' },
    { script: 'hostile.throwsNull' },
  ],
  'returns what is not JSON, or more than 1 MiB': [
    { script: 'hostile.bigint' },
    { script: 'hostile.circle' },
    { script: 'hostile.large' },
    { script: 'snake.unlikely' },
  ],
  'loops without end': [
    { script: 'hostile.loops', task: { timeoutS: 1 } },
    { script: 'snake.loops', task: { timeoutS: 1 } },
    { script: 'hostile.waits', task: { timeoutS: 1 } },
  ],
  'takes more memory than it may, in any of its processes': [{ script: 'hostile.eats', task: { memoryMb: 300 } }],
  'starts more than 64 processes': [{ script: 'hostile.forks', task: { memoryMb: 8_192 } }],
  'prints without end': [{ script: 'hostile.prints', task: { args: { lines: PRINTED_LINES } } }],
  'ignores SIGTERM when it is cancelled': [
    { script: 'hostile.ignoresTerm', isCancelled: true },
    { script: 'snake.ignoresTerm', isCancelled: true },
  ],
  'leaves processes behind, also in sessions of their own': [
    { script: 'leaving.groupLeft' },
    { script: 'leaving.sessionLeft' },
  ],
};

/** The first table of the page's section on scripts: what a script does -> what it ends as. */
function documentedEnds(): Map<string, string> {
  const [, section = ''] = readMarkdown('docs/security.md').split('## What a script may do');
  const [table = ''] = section.split('\n## ');
  const rows = [...table.matchAll(/^\| (.+?) \| (.+?) \|$/gm)].slice(2);
  return new Map(rows.map(([, what, ends]) => [what as string, ends as string]));
}

function shown({ status, cause }: Job): string {
  if (cause === null) return `\`${status}\``;
  return `\`${status}\`, cause \`${cause.kind}\``;
}

/** Processes that a task has started and that nobody waits for any more. */
function orphans(): number[] {
  return listPids().filter((pid) => {
    const found = readProcess(pid);
    const isOrphan = found?.isZombie === false && found.parentPid === 1;
    return isOrphan && environmentOf(pid, 'SVODKA_MARK') !== undefined;
  });
}

describe('a hostile script, run by an executor', () => {
  let tarantool: RunningTarantool;
  let executor: RunningExecutor;
  let tasks: Tasks;
  const ends = documentedEnds();

  before(async () => {
    tarantool = await startTarantool();
    executor = await startExecutorProcess(tarantool, makeScriptFolder());
    tasks = createTasks(await connectClient({ address: tarantool.address }));
  });
  after(async () => {
    assert.equal(await executor.stop(), 0, executor.output());
    await closeClients();
    await tarantool.end();
  });

  it('is in the table of docs/security.md, whatever it does', () => {
    assert.deepEqual([...ends.keys()], Object.keys(CASES));
  });

  for (const [what, cases] of Object.entries(CASES)) {
    for (const { script, task, isCancelled } of cases) {
      it(`that ${what} (${script}) ends as the page says`, async () => {
        const created = await tasks.create(script, { user: script, ...task });
        if (isCancelled) {
          await until('it runs', async () => (await tasks.jobs.get(created.id)).status === 'working', PATIENCE_MS);
          // Python sets its handler in the first line of the function, which nothing tells us of.
          await new Promise((resolve) => setTimeout(resolve, 1_000));
          await tasks.jobs.cancel(created.id, 'gomer');
        }
        const ended = await tasks.ended(created.id, PATIENCE_MS);
        const said = ends.get(what) ?? '';
        if (ended.status === 'finished') assert.match(said, /^as it ended|^as it ends/);
        else assert.ok(said.startsWith(shown(ended)), `${shown(ended)} ${ended.errortext}`);
        if (ended.status === 'failed') assert.notEqual(ended.errortext, null);
        // Tests of killed executors run beside this one.
        await until('nothing is left of it', () => orphans().length === 0, PATIENCE_MS);
      });
    }
  }

  it('does the executor no harm: the next task runs', async () => {
    const job = await tasks.run('plain.add', { args: { a: 1, b: 2 } }, PATIENCE_MS);
    assert.deepEqual(await tasks.resultOf(job), { sum: 3, calls: 1 });
    assert.equal((await tasks.jobs.history(job.id))[1]?.by, executor.name);
  });
});
