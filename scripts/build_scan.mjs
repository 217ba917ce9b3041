// Compiles the AssemblyScript of the import scan into dist/, when a source is newer than the result.

import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const projectDir = fileURLToPath(new URL('../', import.meta.url));
const sourceDir = 'app/census/imports/scan/assembly';
const result = join(projectDir, 'dist/app/census/imports/scan/plain_scan.wasm');

const changedAt = (file) => statSync(file).mtimeMs;
const sources = readdirSync(join(projectDir, sourceDir)).map((file) => join(projectDir, sourceDir, file));
const inputs = [...sources, fileURLToPath(import.meta.url)];

if (!existsSync(result) || inputs.some((file) => changedAt(file) > changedAt(result))) {
  // Loading the compiler takes half a second.
  const { main } = await import('assemblyscript/asc');
  mkdirSync(dirname(result), { recursive: true });
  const options = [
    join(sourceDir, 'index.ts'),
    ...['--outFile', result],
    ...['-O3', '--enable', 'simd', '--runtime', 'stub', '--noAssert', '--use', 'abort='],
    // 64 KiB each: what is always there, and 1 GiB, so that addresses are positive in JavaScript.
    ...['--initialMemory', '5', '--maximumMemory', '16384'],
  ];
  const { error, stderr } = await main(options, { baseDir: projectDir });
  if (error) {
    process.stderr.write(`${stderr.toString()}${error.message}\n`);
    process.exit(1);
  }
}
