// Svodka's engine by its own client, with handlers in this process, as the other queues are measured:
// `node engine_queue.js SOCKET` of a Tarantool.

import { randomUUID } from 'node:crypto';
import { createClient } from '../../app/db/client.js';
import { deriveExecutorPassword } from '../../app/db/passwords.js';
import { createExecutorRepository } from '../../app/executor/engine/repository.js';
import { createSettlements } from '../../app/executor/engine/settlements.js';
import { createJobQueue } from '../../app/work/jobs/creating/create_queue.js';
import type { Job } from '../../app/work/jobs/job.js';
import { createJobsRepository, type JobSpec } from '../../app/work/jobs/repository.js';
import { answerQuestions, nowMs } from '../peers/queues/questions.js';

const AT_ONCE = 4;
/** The most that one call takes (docs/engine.md). */
const CLEAR_AT_ONCE = 50;

const [path, user, password] = process.argv.slice(2) as [string, string, string];
const db = createClient({ address: { path }, user, password });
const executorPassword = deriveExecutorPassword(password);
const executorDb = createClient({ address: { path }, user: 'svodka_executor', password: executorPassword });
await Promise.all([db.whenReady(10_000), executorDb.whenReady(10_000)]);
const jobs = createJobsRepository(db);
const store = createJobQueue((specs) => jobs.create(specs, undefined));
let workers = 0;

function spec(): JobSpec {
  const taskId = randomUUID();
  return {
    taskId,
    name: taskId,
    type: 'script',
    user: 'bench',
    script: 'bench_tasks.noop',
    args: '{"a":1}',
    meta: {},
    priority: 0,
    maxAttempts: 1,
    backoffS: 1,
    timeoutS: 60,
    memoryMb: 1_024,
  };
}

/** Works on jobs; `onBegun` is the function of each. */
function startWorker(onBegun: (atMs: number) => void, atOnce = AT_ONCE): () => Promise<void> {
  const repository = createExecutorRepository(executorDb, `bench ${process.pid} ${workers++}`);
  const capacity = { script: atOnce };
  let isStopping = false;
  const settlements = createSettlements({
    repository,
    capacity: () => (isStopping ? undefined : capacity),
    onTaken: (taken) => runAll(taken.jobs),
    onFault: (reason) => process.stderr.write(`${reason}\n`),
    isHeld: () => true,
  });
  function runAll(taken: readonly Job[]): void {
    for (const { id, lease } of taken) {
      onBegun(nowMs());
      void settlements.settle([id, lease, 'finish', { result: 'null' }]);
    }
  }
  async function poll(): Promise<void> {
    while (!isStopping) runAll((await repository.poll(capacity)).jobs);
  }
  const polling = poll();
  return async () => {
    isStopping = true;
    await repository.endPoll();
    await polling;
  };
}

async function leftCount(): Promise<number> {
  const [enqueued, working] = await Promise.all(
    (['enqueued', 'working'] as const).map((status) => jobs.list({ status }, { isDescending: false, limit: 1 })),
  );
  return (enqueued?.total ?? 0) + (working?.total ?? 0);
}

answerQuestions({
  addOne: () => store(spec()),
  addMany: (count) => jobs.create(Array.from({ length: count }, spec), undefined),
  startWorker: async (onBegun) => startWorker(onBegun),
  leftCount,
  async clear() {
    const stop = startWorker(() => {}, CLEAR_AT_ONCE);
    while ((await leftCount()) > 0);
    await stop();
  },
});
