import assert from 'node:assert/strict';
import type { Client } from '../../../app/db/client.js';
import { JOB_PROCEDURES } from '../../../app/work/jobs/procedures.js';
import { WORKFLOW_PROCEDURES } from '../../../app/work/workflows/procedures.js';

type Details = Readonly<Record<string, string | number | null>>;
type Change = readonly [task: string, status: string, details?: Details];

/** A run of a workflow that the test carries out as its executor. */
export type HandRun = {
  id: number;
  /** Stores changes of tasks by name, '' being the run itself. */
  advance(...changes: Change[]): Promise<void>;
  log(task: string, text: string): Promise<void>;
  /** Stores the end of the run, and settles its job. */
  end(status: 'success' | 'error' | 'stopped'): Promise<void>;
  /** Settles its job, after the end was stored. */
  settle(): Promise<void>;
  /** Who asked it to stop, and the statuses that were forced. */
  asked(): Promise<{ stopBy: string | null; forced: string[] }>;
};

/** Takes the next run that is ready. */
export async function takeRun(db: Client, executor = 'runner by hand'): Promise<HandRun> {
  const [, , jobs] = await db.call(JOB_PROCEDURES.pollJobs, [executor, { run: 1_000 }, 30], { deadlineMs: 60_000 });
  assert.equal(jobs.length, 1, 'one run is ready');
  const [id, lease] = [jobs[0]?.[0] as number, jobs[0]?.[26] as number];
  const [, , tasks] = await db.call(WORKFLOW_PROCEDURES.planRun, [id, lease, 0, 1_000]);
  const idOf = new Map([['', 0], ...tasks.map(([taskId, name]) => [name, taskId] as const)]);
  const logEnds = new Map<string, number>();
  let seq = 0;

  async function advance(...changes: Change[]): Promise<void> {
    const rows = changes.map(([task, status, details = {}]) => {
      return [idOf.get(task) as number, status, { at: Date.now() / 1_000, ...details }] as const;
    });
    const [verdicts] = await db.call(WORKFLOW_PROCEDURES.advanceRuns, [[[id, lease, ++seq, rows]]]);
    assert.deepEqual(verdicts, ['ok']);
  }

  async function settle(): Promise<void> {
    const outcome = [id, lease, 'finish', { result: '{}' }] as const;
    const [, verdicts] = await db.call(JOB_PROCEDURES.settleJobs, [executor, [outcome], null]);
    assert.deepEqual(verdicts, ['ok']);
  }

  return {
    id,
    advance,
    async log(task, text) {
      const at = logEnds.get(task) ?? 0;
      const [lost] = await db.call(WORKFLOW_PROCEDURES.addTaskLogs, [
        [[id, lease, idOf.get(task) as number, at, text]],
      ]);
      assert.deepEqual(lost, []);
      logEnds.set(task, at + Buffer.byteLength(text));
    },
    settle,
    async end(status) {
      await advance(['', status]);
      await settle();
    },
    async asked() {
      const [stopBy, forced] = await db.call(WORKFLOW_PROCEDURES.askedOfRun, [id, lease, 0]);
      return { stopBy, forced: forced.map(([, , status]) => status) };
    },
  };
}
