// Compiles AssemblyScript into dist/: each module whose sources are newer than the result.

import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const projectDir = fileURLToPath(new URL('../', import.meta.url));

/** The folder of sources; the result, in the folder above it in dist/; and its memory in pages of 64 KiB. */
const MODULES = [
  // At most 1 GiB, so that addresses are positive in JavaScript.
  { sources: 'app/census/imports/scan/assembly', result: 'plain_scan.wasm', minPages: 5, maxPages: 16_384 },
  { sources: 'app/census/citizens/text/assembly', result: 'citizens_text.wasm', minPages: 9, maxPages: 9 },
];

const changedAt = (file) => statSync(file).mtimeMs;

function isStale(sources, result) {
  const files = readdirSync(sources).map((file) => join(sources, file));
  return (
    !existsSync(result) ||
    [...files, fileURLToPath(import.meta.url)].some((file) => changedAt(file) > changedAt(result))
  );
}

async function compile({ sources, minPages, maxPages }, result) {
  // Loading the compiler takes half a second.
  const { main } = await import('assemblyscript/asc');
  mkdirSync(dirname(result), { recursive: true });
  const options = [
    join(sources, 'index.ts'),
    ...['--outFile', result],
    ...['-O3', '--enable', 'simd', '--runtime', 'stub', '--noAssert', '--use', 'abort='],
    ...['--initialMemory', String(minPages), '--maximumMemory', String(maxPages)],
  ];
  const { error, stderr } = await main(options, { baseDir: projectDir });
  if (!error) return;
  process.stderr.write(`${stderr.toString()}${error.message}\n`);
  process.exit(1);
}

for (const module of MODULES) {
  const result = join(projectDir, 'dist', dirname(module.sources), module.result);
  if (isStale(join(projectDir, module.sources), result)) await compile(module, result);
}
