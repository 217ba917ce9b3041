import { homedir } from 'node:os';
import type { ExitCode } from '../command_error.js';
import { closedSignal, createInterruption } from '../interruption.js';
import { configFile } from '../private_file.js';
import { createPrintError, readVersion, toExitCode } from '../run_main.js';
import { createConfigStore } from './config.js';
import { runProgram } from './program.js';
import { createSpa } from './spa.js';

async function main(): Promise<ExitCode> {
  const { stdin, stdout, stderr } = process;
  const signal = AbortSignal.any([createInterruption(), closedSignal(stdout)]);
  const config = createConfigStore(configFile('spa_ctl.json', process.env['XDG_CONFIG_HOME'], homedir()));
  const { SVODKA_URL: url, SVODKA_TOKEN: token, SVODKA_DATA_DIR: dataDir } = process.env;
  const environment = { url, token, dataDir };
  const printError = createPrintError(stderr);
  const run = () =>
    runProgram(process.argv.slice(2), {
      version: readVersion(),
      open: (options) => createSpa(options, { streams: { stdin, stdout, stderr }, config, environment, signal }),
      stdout: (text) => stdout.write(text),
      stderr: (text) => printError(text.trimEnd()),
    });
  return toExitCode(run, printError);
}

// process.exit() would discard output that a pipe has not accepted yet.
process.exitCode = await main();
// Unread input on stdin would keep the process alive.
process.stdin.destroy();
