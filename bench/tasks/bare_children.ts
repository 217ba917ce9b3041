import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { timeMs } from '../measure.js';
import { BENCH_SCRIPT, SCRIPT_DIR } from './task_service.js';

export type BareChildren = {
  /** Runs a function so many times in the first child; milliseconds. */
  timeOf(functionName: string, args: object, count: number): Promise<number>;
  /** Runs it so many times in all children at once; runs per second. */
  ratePerSecond(functionName: string, args: object, count: number): Promise<number>;
  stop(): void;
};

/** Child processes with the functions of the bench's scripts loaded, which wait for messages. */
export async function startBareChildren(count: number): Promise<BareChildren> {
  const children = Array.from({ length: count }, () =>
    fork(fileURLToPath(new URL('./bare_child.js', import.meta.url)), [join(SCRIPT_DIR, `${BENCH_SCRIPT}.mjs`)]),
  );
  await Promise.all(children.map((child) => once(child, 'message')));

  async function run(child: ChildProcess, name: string, args: object): Promise<void> {
    child.send({ name, args });
    await once(child, 'message');
  }

  return {
    timeOf: (name, args, runs) =>
      timeMs(async () => {
        for (let i = 0; i < runs; i++) await run(children[0] as ChildProcess, name, args);
      }),
    async ratePerSecond(name, args, runs) {
      let left = runs;
      const ms = await timeMs(() =>
        Promise.all(
          children.map(async (child) => {
            while (left-- > 0) await run(child, name, args);
          }),
        ),
      );
      return (runs * 1_000) / ms;
    },
    stop() {
      for (const child of children) child.disconnect();
    },
  };
}
