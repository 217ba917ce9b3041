import type { Interpreter } from './interpreter.js';

/** An interpreter that has served a user for so long without work is ended. */
const IDLE_MS = 60_000;

export type InterpreterPool = {
  /** An interpreter that has run nothing, or only tasks of this user. @throws Error when none can be started */
  acquire(user: string): Promise<Interpreter>;
  /** Gives one back, clean and idle. */
  release(user: string, interpreter: Interpreter): Promise<void>;
  /** Starts a spare one, so that the next task of anybody begins at once. */
  warmUp(): void;
  close(): Promise<void>;
};

type Idle = { user: string; interpreter: Interpreter; timer: NodeJS.Timeout };

/**
 * Keeps interpreters that are warm: one that nobody has used yet, and up to `maxIdle` that belong to users.
 * @param start starts an interpreter
 */
export function createInterpreterPool(start: () => Promise<Interpreter>, maxIdle: number): InterpreterPool {
  let idle: Idle[] = [];
  let spare: Promise<Interpreter> | undefined;
  let isClosed = false;

  function warmUp(): void {
    if (spare !== undefined || isClosed) return;
    const starting = start();
    spare = starting;
    starting.then(
      (interpreter) => {
        void interpreter.exited.then(() => {
          if (spare === starting) spare = undefined;
        });
      },
      () => {
        if (spare === starting) spare = undefined;
      },
    );
  }

  function take(user: string): Interpreter | undefined {
    const index = idle.findIndex((each) => each.user === user && !each.interpreter.hasExited());
    const found = idle[index];
    if (found === undefined) return undefined;
    clearTimeout(found.timer);
    idle.splice(index, 1);
    return found.interpreter;
  }

  function drop(entry: Idle): Promise<void> {
    clearTimeout(entry.timer);
    idle = idle.filter((each) => each !== entry);
    return entry.interpreter.end();
  }

  return {
    warmUp,
    async acquire(user) {
      const warm = take(user);
      if (warm !== undefined) return warm;
      const starting = spare ?? start();
      spare = undefined;
      const interpreter = await starting;
      warmUp();
      return interpreter;
    },
    async release(user, interpreter) {
      if (isClosed || interpreter.hasExited()) return interpreter.end();
      const entry: Idle = { user, interpreter, timer: setTimeout(() => void drop(entry), IDLE_MS).unref() };
      idle.push(entry);
      const oldest = idle[0];
      if (idle.length > maxIdle && oldest !== undefined) await drop(oldest);
      return undefined;
    },
    async close() {
      isClosed = true;
      const starting = spare;
      spare = undefined;
      await Promise.all(idle.map(drop));
      await starting?.then(
        (interpreter) => interpreter.end(),
        () => {},
      );
    },
  };
}
