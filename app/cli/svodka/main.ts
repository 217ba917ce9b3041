import { readFileSync } from 'node:fs';
import { CommandError, EXIT, type ExitCode } from '../command_error.js';
import { harmless } from '../plain_text.js';
import { checkImports } from './check_command.js';
import { findToken } from './find_token.js';
import { importFile } from './import_command.js';
import { runProgram } from './program.js';
import { runUserCommand } from './user_commands.js';

/** npm passes a Ctrl-C on that the terminal has sent us already: a second signal this soon is the same one. */
const SAME_SIGNAL_MS = 1_000;

/** Aborted by the first signal, with the exit code as its reason; a later signal ends the process at once. */
function createInterruption(): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const onSignal = (exitCode: ExitCode) => {
    if (firstAt !== undefined && performance.now() - firstAt > SAME_SIGNAL_MS) process.exit(exitCode);
    firstAt ??= performance.now();
    controller.abort(exitCode);
  };
  process.on('SIGINT', () => onSignal(EXIT.interrupted));
  process.on('SIGTERM', () => onSignal(EXIT.terminated));
  return controller.signal;
}

function complain(message: string): void {
  process.stderr.write(`${message.split('\n').map(harmless).join('\n')}\n`);
}

async function main(): Promise<ExitCode> {
  const interruption = createInterruption();
  // This file runs as dist/app/cli/svodka/main.js.
  const { version } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'));
  const { stdin, stdout, stderr } = process;
  const { SVODKA_TOKEN: given, SVODKA_DATA_DIR: dataDir } = process.env;
  const tokenFor = (url: URL) => findToken(url, { given, dataDir }, interruption);
  // `| head` has seen enough: that is nobody's fault.
  stdout.on('error', () => {});
  try {
    return await runProgram(process.argv.slice(2), {
      version,
      importFile: async (options) =>
        importFile({ ...options, token: await tokenFor(options.url) }, { stdin, stdout, stderr }, interruption),
      checkImports: async (options) =>
        checkImports({ ...options, token: await tokenFor(options.url) }, { stdout, stderr }, interruption),
      users: async (url, command) =>
        runUserCommand(command, { url, token: await tokenFor(url) }, { stdin, stdout }, interruption),
      stdout: (text) => stdout.write(text),
      stderr: (text) => complain(text.trimEnd()),
    });
  } catch (reason) {
    if (!(reason instanceof CommandError)) throw reason;
    complain(reason.message);
    return reason.exitCode;
  }
}

// Not process.exit(), which would cut off what a pipe has not taken yet.
process.exitCode = await main();
// Nobody reads what may be left of it.
process.stdin.destroy();
