import { join } from 'node:path';
import { after } from 'node:test';
import { type AttemptHooks, startAttempt } from '../../../app/executor/children/attempt.js';
import { interpreterCommand } from '../../../app/executor/children/commands.js';
import { startInterpreter } from '../../../app/executor/children/interpreter.js';
import { createInterpreterPool } from '../../../app/executor/children/interpreter_pool.js';
import type { Limits } from '../../../app/executor/children/limits.js';
import type { Outcome } from '../../../app/executor/children/outcome.js';
import { startGuard } from '../../../app/executor/processes/guard.js';
import { readExecutorConfig } from '../../../app/executor/settings.js';
import { createScriptFinder, type Language } from '../../../app/work/scripts/find_script.js';
import { makeFolder, projectDir } from '../folder.js';

const GENEROUS: Limits = { timeoutMs: 60_000, memoryBytes: 1024 ** 3 };

export type RunOptions = {
  args?: unknown;
  user?: string;
  limits?: Partial<Limits>;
  /** Called once the function has started. */
  onceStarted?: (attempt: { stop(): void; kill(): void }, pid: number) => void;
};

export type RunResult = {
  outcome: Outcome;
  isReusable: boolean;
  pid: number;
  output: Buffer;
  progress: Parameters<AttemptHooks['onProgress']>[0][];
};

/** Runs scripts of a folder as the executor does, without a database. Ends remaining processes after the tests. */
export function createRunner(scriptDir: string) {
  const programsDir = join(projectDir, 'app', 'executor', 'programs');
  const given = { ...process.env, SVODKA_SECRET: 'not for scripts' };
  const { scriptEnvironment: environment } = readExecutorConfig(undefined, given);
  const guard = startGuard({ programsDir, searchPath: process.env['PATH'] ?? '' }, (reason) => {
    throw reason;
  });
  const start = (language: Language) =>
    startInterpreter(interpreterCommand(language, { programsDir, scriptDir, environment }), guard);
  const pool = createInterpreterPool(() => start('javascript'), 2);
  const finder = createScriptFinder({
    scriptDir,
    bundledDir: join(projectDir, 'script'),
    searchPath: process.env['PATH'] ?? '',
  });
  after(async () => {
    await pool.close();
    guard.close();
  });

  return async (
    script: string,
    { args = {}, user = 'ann', limits = {}, onceStarted }: RunOptions = {},
  ): Promise<RunResult> => {
    const { file, functionName, language } = await finder.find(script);
    const interpreter = language === 'javascript' ? await pool.acquire(user) : await start(language);
    const output: Buffer[] = [];
    const progress: RunResult['progress'] = [];
    const task = { task_id: 'a-task', id: 1, attempt: 1, meta: { colour: 'red' } };
    const attempt = startAttempt(
      interpreter,
      { file, functionName, args, workDir: makeFolder(), task },
      { ...GENEROUS, ...limits },
      {
        onStarted: () => onceStarted?.(attempt, interpreter.pid),
        onProgress: (each) => void progress.push(each),
        onOutput: (bytes) => void output.push(Buffer.from(bytes)),
      },
    );
    const { outcome, isReusable } = await attempt.ended;
    await (isReusable ? pool.release(user, interpreter) : interpreter.end());
    return { outcome, isReusable, pid: interpreter.pid, output: Buffer.concat(output), progress };
  };
}
