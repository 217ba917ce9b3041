import { toIsoMicroseconds } from '../model/times.js';

/** Of all names of tasks. */
export const MAX_NAME_CHARACTERS = 128;

/** Names for tasks that were given none: `task_gomer_2026-11-27T20:30:11.123456Z`, each once in this process. */
export function createTaskNamer(nowMs: () => number = Date.now): (user: string) => string {
  let lastUs = 0;
  return (user) => {
    lastUs = Math.max(lastUs + 1, Math.round(nowMs() * 1_000));
    const time = toIsoMicroseconds(lastUs / 1_000_000);
    // A user's name may be longer than a task's; the time alone makes the name unique.
    const shown = user.slice(0, MAX_NAME_CHARACTERS - 'task__'.length - time.length);
    return `task_${shown}_${time}`;
  };
}
