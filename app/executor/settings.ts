import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pickEnvironment, readSettings } from '../config.js';
import { type ExecutorAccess, executorAccess } from '../db/connect.js';
import { findSocket } from '../db/embedded.js';
import { PASSWORD_FILES, readKeptPassword } from '../db/passwords.js';
import { DB_SETTINGS } from '../db/settings.js';
import { LOG_SETTINGS } from '../log/log.js';
import { EXECUTORS_SETTINGS } from '../work/executors/settings.js';
import { SCRIPT_SETTINGS } from '../work/scripts/settings.js';
import { WORKFLOW_SETTINGS } from '../work/workflows/settings.js';

const LOOK_EVERY_MS = 500;
/** A service that is started at the same moment makes its data folder first. */
const DATA_DIR_PATIENCE_MS = 30_000;
/** Of the executor's own environment a script sees these, and what SVODKA_SCRIPT_ENV names. */
const SCRIPT_NAMES = ['PATH', 'LANG', 'TZ'];

const SETTINGS = { ...DB_SETTINGS, ...LOG_SETTINGS, ...EXECUTORS_SETTINGS, ...SCRIPT_SETTINGS, ...WORKFLOW_SETTINGS };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Environment -> one validated object.
 * @param givenPassword of the database user, where it does not come from settings
 * @throws ConfigError with every complaint at once
 */
export function readExecutorConfig(givenPassword?: string, env?: Environment) {
  const { values } = readSettings(
    SETTINGS,
    ({ executorPassword, tarantoolPassword }, isSet) =>
      isSet('SVODKA_TARANTOOL_URI') && (givenPassword ?? executorPassword ?? tarantoolPassword) === undefined
        ? ['SVODKA_TARANTOOL_URI needs SVODKA_EXECUTOR_PASSWORD or SVODKA_EXECUTOR_PASSWORD_FILE']
        : [],
    env,
  );
  // This file runs as dist/app/executor/settings.js.
  const projectDir = fileURLToPath(new URL('../../../', import.meta.url));
  const bundledDir = join(projectDir, 'script');
  return {
    ...values,
    executorPassword: givenPassword ?? values.executorPassword,
    bundledDir,
    scriptDir: values.scriptDir === undefined ? bundledDir : resolve(values.scriptDir),
    workflowBin: resolve(values.workflowBin ?? join(values.dataDir, 'bin')),
    /** Of guard.sh and run_task.py. */
    programsDir: join(projectDir, 'app', 'executor', 'programs'),
    /** All that scripts see of our environment. */
    scriptEnvironment: pickEnvironment([...SCRIPT_NAMES, ...values.scriptEnvNames], env),
  };
}

export type ExecutorConfig = ReturnType<typeof readExecutorConfig>;

/** The password that a service keeps in its data folder; undefined when none comes in time. */
async function awaitKeptPassword(dataDir: string, onMissing: () => void): Promise<string | undefined> {
  const path = join(dataDir, PASSWORD_FILES.executor);
  const giveUpAt = performance.now() + DATA_DIR_PATIENCE_MS;
  for (let isTold = false; performance.now() < giveUpAt; await sleep(LOOK_EVERY_MS)) {
    const kept = readKeptPassword(path);
    if (kept !== undefined) return kept;
    if (!isTold) onMissing();
    isTold = true;
  }
  return undefined;
}

/**
 * How to reach the database that settings name, or the one that a service keeps in the data folder.
 * @param onMissing there is nothing in the data folder yet; it is waited for
 * @returns undefined when nothing has come to the data folder
 */
export async function findDatabase(config: ExecutorConfig, onMissing: () => void): Promise<ExecutorAccess | undefined> {
  if (config.tarantoolAddresses.length > 0) return executorAccess(config, undefined);
  const executorPassword = config.executorPassword ?? (await awaitKeptPassword(config.dataDir, onMissing));
  if (executorPassword === undefined) return undefined;
  return executorAccess(config, { address: { path: findSocket(config.dataDir) }, executorPassword });
}
