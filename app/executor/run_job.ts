import { open, realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import type { Job, JobCause } from '../work/jobs/job.js';
import type { OutcomeTuple } from '../work/jobs/procedures.js';
import { type FoundScript, type ScriptFinder, ScriptNotFound } from '../work/scripts/find_script.js';
import { type Attempt, type AttemptHooks, startAttempt } from './children/attempt.js';
import type { Interpreter } from './children/interpreter.js';
import type { InterpreterPool } from './children/interpreter_pool.js';
import type { MadeFile, Outcome } from './children/outcome.js';
import { repeatWhilePassing } from './engine/retries.js';
import type { WorkFolders } from './work_folders.js';

const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** A piece of a file in the database (docs/engine.md). */
const PIECE_BYTES = 128 * 1024;
const BYTES_PER_MB = 1024 * 1024;

export type JobRunnerParts = {
  finder: ScriptFinder;
  pool: InterpreterPool;
  folders: WorkFolders;
  /** Python has no pool: an interpreter runs one task. */
  startPython(script: FoundScript): Promise<Interpreter>;
  argsOf(job: Job): Promise<string>;
  attach(job: Job, piece: number, bytes: Buffer): Promise<void>;
  /** The database did not answer; it is asked again. */
  onFault(reason: unknown): void;
};

export type RunningJob = {
  /** What to tell the engine, once all that the job started has ended; undefined when the lease was lost. */
  ended: Promise<OutcomeTuple | undefined>;
  /** The job is cancelled: it is told to stop, and killed after 6 s. */
  stop(): void;
  /** The executor stops: the job is killed and handed back. */
  handBack(): void;
  /** The lease is lost: everything ends at once, and nothing is told. */
  abandon(): void;
};

function failure(job: Job, errortext: string, cause: JobCause): OutcomeTuple {
  return [job.id, job.lease, 'fail', { errortext, cause: JSON.stringify(cause) }];
}

function startFailure(job: Job, reason: unknown): OutcomeTuple {
  const text = reason instanceof ScriptNotFound ? reason.message : `The task could not be started: ${String(reason)}`;
  return failure(job, text, { kind: 'start' });
}

/** Stores a file in pieces; answers what the outcome says of it. @throws Error that is meant for the user */
async function storeFile(
  workDir: string,
  { path, contentType }: MadeFile,
  store: (piece: number, bytes: Buffer) => Promise<void>,
): Promise<[pieces: number, bytes: number, contentType: string]> {
  const inside = await realpath(workDir);
  const found = await realpath(resolve(workDir, path)).catch(() => undefined);
  if (found === undefined || !found.startsWith(inside + sep)) {
    throw new Error(`The attached file ${path} is not in the working folder.`);
  }
  const { size, isFile } = await stat(found).then((seen) => ({ size: seen.size, isFile: seen.isFile() }));
  if (!isFile) throw new Error(`${path} was attached, and is no file.`);
  if (size > MAX_FILE_BYTES) throw new Error(`The attached file has ${size} bytes; 64 MiB is the most.`);
  const file = await open(found);
  try {
    let piece = 0;
    for await (const bytes of file.createReadStream({ highWaterMark: PIECE_BYTES }))
      await store(piece++, bytes as Buffer);
    return [piece, size, contentType];
  } finally {
    await file.close();
  }
}

/** Runs a job that was taken: finds its script, runs it in an interpreter, stores its file, and says how it ended. */
export function runJob(job: Job, hooks: AttemptHooks, parts: JobRunnerParts): RunningJob {
  let attempt: Attempt | undefined;
  let isToStop = false;
  let isToBeKilled = false;
  let isAbandoned = false;
  const ask = <Answer>(call: () => Promise<Answer>) => repeatWhilePassing(call, () => isToBeKilled, parts.onFault);

  function kill(): void {
    isToBeKilled = true;
    attempt?.kill();
  }

  async function start(script: FoundScript, workDir: string): Promise<Interpreter> {
    const args: unknown = JSON.parse(await ask(() => parts.argsOf(job)));
    const interpreter =
      script.language === 'javascript' ? await parts.pool.acquire(job.user) : await parts.startPython(script);
    attempt = startAttempt(
      interpreter,
      {
        file: script.file,
        functionName: script.functionName,
        args,
        workDir,
        task: { task_id: job.taskId, id: job.id, attempt: job.attempt, meta: job.meta },
      },
      { timeoutMs: job.timeoutS * 1_000, memoryBytes: job.memoryMb * BYTES_PER_MB },
      hooks,
    );
    if (isToBeKilled) attempt.kill();
    else if (isToStop) attempt.stop();
    return interpreter;
  }

  async function toOutcome(outcome: Outcome, workDir: string): Promise<OutcomeTuple> {
    if (outcome.kind === 'ended') return [job.id, job.lease, 'stop', {}];
    if (outcome.kind === 'failed') return failure(job, outcome.errortext, outcome.cause);
    const result = JSON.stringify(outcome.result);
    if (outcome.file === undefined) return [job.id, job.lease, 'finish', { result }];
    const file = await storeFile(workDir, outcome.file, (piece, bytes) => ask(() => parts.attach(job, piece, bytes)));
    return [job.id, job.lease, 'finish', { result, file }];
  }

  async function run(workDir: string): Promise<OutcomeTuple> {
    let interpreter: Interpreter;
    try {
      interpreter = await start(await parts.finder.find(job.script), workDir);
    } catch (reason) {
      if (isToBeKilled || isToStop) return [job.id, job.lease, 'stop', {}];
      return startFailure(job, reason);
    }
    const { outcome, isReusable } = await (attempt as Attempt).ended;
    await (isReusable ? parts.pool.release(job.user, interpreter) : interpreter.end());
    try {
      return await toOutcome(outcome, workDir);
    } catch (reason) {
      if (isToBeKilled) return [job.id, job.lease, 'stop', {}];
      return failure(job, String((reason as Error).message), { kind: 'error' });
    }
  }

  async function runInFolder(): Promise<OutcomeTuple | undefined> {
    let workDir: string;
    try {
      workDir = parts.folders.make();
    } catch (reason) {
      return startFailure(job, reason);
    }
    const outcome = await run(workDir);
    // Nobody waits for it. Of a folder that cannot be emptied the next start takes care.
    parts.folders.remove(workDir).catch(() => {});
    return isAbandoned ? undefined : outcome;
  }

  return {
    ended: runInFolder(),
    stop() {
      isToStop = true;
      attempt?.stop();
    },
    handBack: kill,
    abandon() {
      isAbandoned = true;
      kill();
    },
  };
}
