// `npm run test:deploy`: runs the images, compose and the playbook for real, in a Docker engine of its own, with base
// images built from Debian's and npm's packages (no image registry is used). Takes prefixes of file names below
// test/deploy/. --nightly adds the long tests and a million citizens. SVODKA_TEST_ENGINE names an engine to use
// instead, in the format of DOCKER_HOST; root is not needed then.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, ensurePackages, giveUp, installDebianPackages, projectDir, runs } from './prepare.mjs';
import { runTests, testFiles } from './run_tests.mjs';

const PACKAGES = ['docker.io', 'docker-compose', 'debootstrap', 'iptables', 'iproute2', 'ansible-core', 'git'];
const PROGRAMS = [
  'docker',
  'dockerd',
  'docker-compose',
  'debootstrap',
  'iptables',
  'ip',
  'nsenter',
  'ansible-playbook',
  'git',
];
const INSIDE = '--inside-namespace';
const STOP_SIGNALS = ['SIGINT', 'SIGTERM'];
const NIGHTLY = '--nightly';
const wanted = process.argv.slice(2).filter((argument) => argument !== INSIDE && argument !== NIGHTLY);
if (process.argv.includes(NIGHTLY)) process.env.SVODKA_TEST_NIGHTLY = '1';

const has = (program) => runs('which', [program], { stdio: 'ignore' });
const lacking = () => PROGRAMS.filter((program) => !has(program));

/** Why no engine can run here; undefined when one can. */
async function obstacle() {
  if (process.platform !== 'linux' || process.getuid() !== 0) return 'it needs Linux and root';
  if (lacking().length > 0) await installDebianPackages(PACKAGES);
  return lacking().length > 0 ? `${lacking().join(', ')} cannot be had by apt-get` : undefined;
}

async function runAll() {
  const files = testFiles().filter((file) => file.startsWith('deploy'));
  const chosen = files.filter(
    (file) => wanted.length === 0 || wanted.some((start) => file.startsWith(join('deploy', start))),
  );
  // One file at a time: each is long, and they measure time.
  const { passed, failed, skipped } = (await runTests(chosen, 1)).counts;
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return failed === 0 && passed > 0;
}

/** Runs as root in a separate network namespace, which is removed with everything started in it. */
async function runInside() {
  const { ENGINE_DIR, engineAddress, removeEngine, startEngine, stopEngine } = await import(
    '../dist/test/support/deploy/engine.js'
  );
  const { ensureStandIns } = await import('../dist/test/support/deploy/stand_in_images.js');
  const dir = mkdtempSync(join(tmpdir(), 'svodka-engine-'));
  process.env[ENGINE_DIR] = dir;
  process.env.DOCKER_HOST = engineAddress(dir);
  const end = async () => {
    await stopEngine(dir);
    await removeEngine(dir);
  };
  for (const signal of STOP_SIGNALS) process.once(signal, () => void end().then(() => process.exit(1)));
  try {
    await startEngine(dir);
    const begun = performance.now();
    await ensureStandIns();
    process.stdout.write(`stand-ins of the base images made in ${((performance.now() - begun) / 1000).toFixed(0)} s\n`);
    return await runAll();
  } finally {
    await end();
  }
}

async function runInNamespace() {
  const { createNamespace } = await import('../dist/test/support/deploy/network_namespace.js');
  const namespace = await createNamespace();
  try {
    const args = [`--net=${namespace.path}`, process.execPath, process.argv[1], INSIDE, ...wanted];
    const inside = spawn('nsenter', args, { cwd: projectDir, stdio: 'inherit' });
    // Its child processes must end first; they receive Ctrl-C themselves.
    process.once('SIGTERM', () => inside.kill('SIGTERM'));
    process.once('SIGINT', () => {});
    const [code] = await once(inside, 'exit');
    return code === 0;
  } finally {
    await namespace.remove();
  }
}

// Debian's engine includes the legacy builder, which needs no further program.
process.env.DOCKER_BUILDKIT = '0';
process.env.COMPOSE_DOCKER_CLI_BUILD = '0';
ensurePackages();
const given = process.env.SVODKA_TEST_ENGINE;
let isGood;
if (process.argv.includes(INSIDE)) {
  isGood = await runInside();
} else {
  const why = given ? undefined : await obstacle();
  if (why !== undefined) {
    process.stdout.write(`test:deploy: skipped, since no Docker engine can be had here: ${why}\n`);
    process.exit(0);
  }
  build();
  if (given) process.env.DOCKER_HOST = given;
  isGood = given ? await runAll() : await runInNamespace();
}
if (!isGood) giveUp('test:deploy: failed');
