import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder; tests run as dist/test/…/*.test.js. */
export const projectDir = fileURLToPath(new URL('../../../', import.meta.url));

const made: string[] = [];
process.once('exit', () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own, removed when the test process ends. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'svodka-test-'));
  made.push(folder);
  return folder;
}
