// Runs compiled TypeScript tests, prints each as it ends, and counts them.

import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { projectDir } from './prepare.mjs';

/** The compiled tests, as paths below dist/test, without those whose source no longer exists. */
export function testFiles() {
  return readdirSync(join(projectDir, 'dist', 'test'), { recursive: true })
    .filter((file) => file.endsWith('.test.js') && existsSync(join(projectDir, 'test', file.replace(/js$/, 'ts'))))
    .sort();
}

/**
 * Runs files below dist/test, at most so many at a time.
 * @returns how many cases passed, failed and were skipped, and the files with failed cases
 */
export async function runTests(files, concurrency) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const failedFiles = new Set();
  const isCase = (event) => event.details?.type !== 'suite';
  const stream = run({ files: files.map((file) => join(projectDir, 'dist', 'test', file)), concurrency });
  stream.on('test:pass', (event) => {
    if (!isCase(event)) return;
    if (event.skip !== undefined) counts.skipped++;
    else counts.passed++;
  });
  stream.on('test:fail', (event) => {
    // A suite fails together with its tests, which are counted themselves.
    if (!isCase(event) && event.details?.error?.failureType === 'subtestsFailed') return;
    counts.failed++;
    failedFiles.add(relative(join(projectDir, 'dist', 'test'), event.file ?? event.name));
  });
  const shown = stream.compose(new spec());
  shown.pipe(process.stdout);
  await new Promise((resolve) => shown.once('end', resolve));
  return { counts, failedFiles: [...failedFiles] };
}
