import { until } from './until.js';

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves once no process has this id. */
export function untilGone(pid: number): Promise<boolean> {
  return until(`process ${pid} is gone`, () => !isAlive(pid));
}
