import { pickEnvironment, type SettingsOf, type TarantoolAddress } from '../../config.js';
import type { ExecutorAccess } from '../../db/connect.js';
import type { LOG_SETTINGS } from '../../log/log.js';
import type { EXECUTORS_SETTINGS } from './settings.js';

export type ScriptSettings = { scriptDir: string | undefined; scriptEnvNames: readonly string[] };
/** `workflowBin`: an absolute path. */
export type WorkflowSettings = { workflowBin: string };

type ExecutorSettings = SettingsOf<typeof EXECUTORS_SETTINGS> &
  SettingsOf<typeof LOG_SETTINGS> &
  ScriptSettings &
  WorkflowSettings;

/** What programs need to find others and their folders. */
const PASSED_NAMES = ['PATH', 'LANG', 'TZ', 'HOME', 'TMPDIR'];

function uriOf(address: TarantoolAddress): string {
  if ('path' in address) return address.path;
  return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
}

/** The settings of an executor that the service runs, as its environment: everything but secrets. */
export function executorEnvironment(
  settings: ExecutorSettings,
  { addresses, user }: ExecutorAccess,
): Readonly<Record<string, string>> {
  return {
    ...pickEnvironment([...PASSED_NAMES, ...settings.scriptEnvNames]),
    SVODKA_TARANTOOL_URI: addresses.map(uriOf).join(','),
    SVODKA_EXECUTOR_USER: user,
    SVODKA_EXECUTOR_CONCURRENCY: String(settings.executorConcurrency),
    ...(settings.scriptDir === undefined ? {} : { SVODKA_SCRIPT_DIR: settings.scriptDir }),
    SVODKA_WORKFLOW_BIN: settings.workflowBin,
    SVODKA_SCRIPT_ENV: settings.scriptEnvNames.join(','),
    SVODKA_LOG_LEVEL: settings.logLevel,
    SVODKA_LOG_FORMAT: settings.logFormat,
  };
}
