import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Client } from '../../../app/db/client.js';
import { ServiceError } from '../../../app/errors.js';
import type { Job } from '../../../app/work/jobs/job.js';
import { createJobsRepository, type JobRef, type JobSpec } from '../../../app/work/jobs/repository.js';
import { until } from '../until.js';

const LOG_PAGE_BYTES = 100_000;

export type TaskChanges = Partial<Omit<JobSpec, 'args'>> & { args?: unknown };

export function taskSpec(script: string, { args = {}, ...changes }: TaskChanges = {}): JobSpec {
  const taskId = randomUUID();
  return {
    taskId,
    name: taskId,
    type: 'script',
    user: 'gomer',
    script,
    args: JSON.stringify(args),
    meta: {},
    priority: 0,
    maxAttempts: 1,
    backoffS: 1,
    timeoutS: 60,
    memoryMb: 1024,
    ...changes,
  };
}

/** Test helpers for tasks that bypass HTTP and call the engine as its interfaces do. */
export function createTasks(db: Client) {
  const jobs = createJobsRepository(db);

  async function create(script: string, changes: TaskChanges = {}): Promise<Job> {
    const [outcome] = await jobs.create([taskSpec(script, changes)], undefined);
    assert.ok(outcome !== undefined && !(outcome instanceof ServiceError), String(outcome));
    return outcome;
  }

  const untilStatus = (ref: JobRef, status: Job['status'], patienceMs?: number): Promise<Job> =>
    until(
      `task ${ref} is ${status}`,
      async () => {
        const job = await jobs.get(ref);
        return job.status === status && job;
      },
      patienceMs,
    );

  async function ended(ref: JobRef, patienceMs?: number): Promise<Job> {
    return until(
      `task ${ref} has ended`,
      async () => {
        const job = await jobs.get(ref);
        return job.ended !== null && job;
      },
      patienceMs,
    );
  }

  async function run(script: string, changes: TaskChanges = {}, patienceMs?: number): Promise<Job> {
    return ended((await create(script, changes)).id, patienceMs);
  }

  /** The whole stored log of a task, assembled from pages. */
  async function logOf(id: number): Promise<string> {
    let text = '';
    for (let from = 0; ; ) {
      const page = await jobs.log(id, from, LOG_PAGE_BYTES);
      text += page.text;
      if (page.hasEnded) return text;
      from = page.next;
    }
  }

  async function resultOf(job: Job): Promise<unknown> {
    assert.equal(job.status, 'finished', `${job.errortext} ${JSON.stringify(job.cause)}`);
    return JSON.parse((await jobs.textOf(job.id, 'result')) ?? 'null');
  }

  async function statusesOf(id: number): Promise<string[]> {
    return (await jobs.history(id)).map(({ status, attempt }) => `${status} ${attempt}`);
  }

  return { jobs, create, untilStatus, ended, run, logOf, resultOf, statusesOf };
}

export type Tasks = ReturnType<typeof createTasks>;
