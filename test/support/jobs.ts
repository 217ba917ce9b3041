import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Procedure } from '../../app/db/procedure.js';
import type { MsgpackInput } from '../../app/db/wire/msgpack.js';
import type { JobSpecTuple, JobType } from '../../app/work/jobs/procedures.js';
import { type RunningTarantool, startTarantool, type TarantoolOptions } from './db/tarantool.js';
import { projectDir } from './folder.js';

/** A script for startTarantool: app.lua with a manual clock and the procedures below. */
export const JOBS_CLOCK_SCRIPT = join(projectDir, 'test', 'support', 'jobs_clock.lua');

function procedure<Args extends readonly MsgpackInput[], Result>(name: string): Procedure<Args, Result> {
  return { name: `svodka.test.${name}`, kind: 'write' };
}

/** Procedures that jobs_clock.lua adds to the real ones. */
export const JOBS_TEST = {
  /** Advances the clock; returns the new time in seconds. */
  advance: procedure<[seconds: number], [nowS: number]>('advance'),
  endAll: procedure<[], []>('end_all'),
  countFaults: procedure<[], [faults: string[]]>('count_faults'),
  rows: procedure<[], [rows: ReadonlyMap<string, number>]>('job_rows'),
} as const;

/** `nowS`: the engine's initial time. */
export function startJobsTarantool(options: TarantoolOptions & { nowS?: number } = {}): Promise<RunningTarantool> {
  const { nowS, env, ...rest } = options;
  const its = { ...env, ...(nowS === undefined ? {} : { SVODKA_TEST_NOW: String(nowS) }) };
  return startTarantool({ script: JOBS_CLOCK_SCRIPT, env: its, ...rest });
}

export type SpecChanges = Partial<{
  taskId: string;
  name: string;
  type: JobType;
  user: string;
  args: string;
  meta: Record<string, string>;
  priority: number;
  maxAttempts: number;
  backoffS: number;
  runAt: number | null;
  key: string | null;
}>;

/** A spec as createJobs takes it. */
export function jobSpec(changes: SpecChanges = {}): JobSpecTuple {
  const taskId = changes.taskId ?? randomUUID();
  return [
    taskId,
    changes.name ?? taskId,
    changes.type ?? 'script',
    changes.user ?? 'gomer',
    'render.scene',
    changes.args ?? '{}',
    changes.meta ?? {},
    changes.priority ?? 0,
    changes.maxAttempts ?? 1,
    changes.backoffS ?? 1,
    60,
    256,
    changes.runAt ?? null,
    changes.key ?? null,
  ];
}
