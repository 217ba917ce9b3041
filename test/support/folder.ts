import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder; tests run as dist/test/…/*.test.js. */
export const projectDir = fileURLToPath(new URL('../../../', import.meta.url));

const made: string[] = [];
process.once('exit', () => {
  for (const folder of made) remove(folder);
});

const ATTEMPTS = 40;
const RETRY_MS = 50;

/** A Tarantool that is still stopping may create a file during the removal, which is then retried. */
function remove(folder: string): void {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

/** Creates a temporary folder, removed when the test process ends. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'svodka-test-'));
  made.push(folder);
  return folder;
}
