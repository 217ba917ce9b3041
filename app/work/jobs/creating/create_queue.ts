import { ServiceError } from '../../../errors.js';
import type { Job } from '../job.js';
import type { JobSpec } from '../repository.js';

/** tarantool/work/jobs/state/limits.lua */
const MAX_SPECS = 100;
/** Of arguments in one call: more is long enough by itself. */
const MAX_CHARACTERS = 512 * 1024;

type Waiting = { spec: JobSpec; resolve(job: Job): void; reject(reason: unknown): void };

/** Parts of a list that one call can take each, in order. */
function toCalls(waiting: readonly Waiting[]): Waiting[][] {
  const calls: Waiting[][] = [];
  let characters = 0;
  for (const each of waiting) {
    const length = each.spec.args.length;
    let call = calls.at(-1);
    if (call === undefined || call.length === MAX_SPECS || characters + length > MAX_CHARACTERS) {
      call = [];
      calls.push(call);
      characters = 0;
    }
    call.push(each);
    characters += length;
  }
  return calls;
}

/**
 * Stores the jobs that are asked for in one turn of the event loop by as few calls as can be: each is one transaction,
 * and one write to the log. `store`: the outcome of each spec, in order.
 */
export function createJobQueue(
  store: (specs: readonly JobSpec[]) => Promise<(Job | ServiceError)[]>,
): (spec: JobSpec) => Promise<Job> {
  let waiting: Waiting[] = [];

  async function send(call: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await store(call.map(({ spec }) => spec));
      call.forEach(({ resolve, reject }, i) => {
        const outcome = outcomes[i] as Job | ServiceError;
        if (outcome instanceof ServiceError) reject(outcome);
        else resolve(outcome);
      });
    } catch (reason) {
      for (const { reject } of call) reject(reason);
    }
  }

  function sendAll(): void {
    const calls = toCalls(waiting);
    waiting = [];
    for (const call of calls) void send(call);
  }

  return (spec) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(sendAll);
      waiting.push({ spec, resolve, reject });
    });
}
