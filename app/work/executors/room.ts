import { join } from 'node:path';
import { LOG_SETTINGS } from '../../log/log.js';
import type { OnceParts, Room } from '../../room.js';
import { executorEnvironment, type ScriptSettings, type WorkflowSettings } from './environment.js';
import { EXECUTORS_SETTINGS } from './settings.js';
import { createExecutors } from './supervisor.js';

/** Runs executors beside the service. */
export function createExecutorsRoom(
  { settings, executorAccess, log, stopping, projectDir }: OnceParts,
  programs: ScriptSettings & WorkflowSettings,
): Room {
  const own = { ...settings(EXECUTORS_SETTINGS), ...settings(LOG_SETTINGS), ...programs };
  const executors = createExecutors({
    count: own.executorCount,
    program: join(projectDir, 'dist', 'app', 'executor', 'main.js'),
    environment: executorEnvironment(own, executorAccess),
    password: executorAccess.password,
    log,
  });
  // Tasks get their time while requests get theirs.
  stopping.addEventListener('abort', () => void executors.stop(), { once: true });
  return { routes: [], start: executors.start, stop: executors.stop };
}
