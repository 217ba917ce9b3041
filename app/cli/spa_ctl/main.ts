import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { CommandError, EXIT, type ExitCode } from '../command_error.js';
import { closedSignal, createInterruption } from '../interruption.js';
import { configFile } from '../private_file.js';
import { harmless } from '../terminal/plain_text.js';
import { createConfigStore } from './config.js';
import { runProgram } from './program.js';
import { createSpa } from './spa.js';

async function main(): Promise<ExitCode> {
  const { stdin, stdout, stderr } = process;
  const signal = AbortSignal.any([createInterruption(), closedSignal(stdout)]);
  // This file runs as dist/app/cli/spa_ctl/main.js.
  const { version } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'));
  const config = createConfigStore(configFile('spa_ctl.json', process.env['XDG_CONFIG_HOME'], homedir()));
  const { SVODKA_URL: url, SVODKA_TOKEN: token, SVODKA_DATA_DIR: dataDir } = process.env;
  const environment = { url, token, dataDir };
  const printError = (text: string) => stderr.write(`${text.split('\n').map(harmless).join('\n')}\n`);
  try {
    return await runProgram(process.argv.slice(2), {
      version,
      open: (options) => createSpa(options, { streams: { stdin, stdout, stderr }, config, environment, signal }),
      stdout: (text) => stdout.write(text),
      stderr: (text) => printError(text.trimEnd()),
    });
  } catch (reason) {
    if (!(reason instanceof CommandError)) throw reason;
    if (reason.exitCode !== EXIT.success) printError(reason.message);
    return reason.exitCode;
  }
}

// process.exit() would discard output that a pipe has not accepted yet.
process.exitCode = await main();
// Unread input on stdin would keep the process alive.
process.stdin.destroy();
