import type { Logger } from 'pino';
import { createScriptFinder, type Language } from '../work/scripts/find_script.js';
import { interpreterCommand } from './children/commands.js';
import { startInterpreter } from './children/interpreter.js';
import { createInterpreterPool } from './children/interpreter_pool.js';
import type { ExecutorDatabase } from './engine/database.js';
import { createExecutorRepository } from './engine/repository.js';
import { createExecutor, type Executor } from './executor.js';
import { startGuard } from './processes/guard.js';
import { createRunsRepository } from './runs/repository.js';
import { findSetpriv } from './runs/setpriv.js';
import { createWorkFolders } from './work_folders.js';

/** The executor itself ends what it runs at the end of its patience; the guard, when it did not. */
const GUARD_DELAY_MS = 500;

type StartExecutorOptions = {
  /** That people see in `locked_by`: unique. */
  name: string;
  db: ExecutorDatabase;
  concurrency: number;
  folders: {
    scriptDir: string;
    /** Of the scripts that come with Svodka. */
    bundledDir: string;
    /** Of guard.sh and run_task.py. */
    programsDir: string;
    /** Of the executables of workflows. */
    workflowBin: string;
  };
  /** All that a script sees of the environment. */
  scriptEnvironment: Readonly<Record<string, string>>;
  /** For the working folders of tasks. */
  tempDir: string;
  /** Nothing protects from orphans any more. */
  onGuardLost(reason: Error): void;
  log: Logger;
};

/** Puts an executor together and starts it. Its `stop` also ends what it has started beside. */
export function startExecutor(options: StartExecutorOptions): Executor {
  const { name, db, concurrency, scriptEnvironment: environment, log } = options;
  const { scriptDir, bundledDir, programsDir, workflowBin } = options.folders;
  const searchPath = environment['PATH'] ?? '';
  const guard = startGuard({ programsDir, searchPath }, options.onGuardLost);
  const start = (language: Language, moduleDir: string) =>
    startInterpreter(interpreterCommand(language, { programsDir, scriptDir: moduleDir, environment }), guard);
  const pool = createInterpreterPool(() => start('javascript', scriptDir), concurrency);
  const folders = createWorkFolders(options.tempDir);
  const executor = createExecutor({
    repository: createExecutorRepository(db, name),
    runner: {
      finder: createScriptFinder({ scriptDir, bundledDir, searchPath }),
      pool,
      folders,
      startPython: ({ folder }) => start('python', folder),
    },
    runs: {
      repository: createRunsRepository(db),
      binDir: workflowBin,
      environment,
      setpriv: findSetpriv(searchPath),
      guard,
    },
    concurrency,
    onRenewed: (patienceMs) => (patienceMs === undefined ? guard.rest() : guard.alive(patienceMs + GUARD_DELAY_MS)),
    untilConnected: db.untilConnected,
    log,
  });
  executor.start();
  return {
    ...executor,
    async stop(graceMs) {
      await executor.stop(graceMs);
      await pool.close();
      guard.close();
      folders.close();
    },
  };
}
