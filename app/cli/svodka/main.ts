import type { ExitCode } from '../command_error.js';
import { findToken } from '../find_token.js';
import { closedSignal, createInterruption } from '../interruption.js';
import { createRpcClient } from '../rpc/rpc_client.js';
import { createPrintError, readVersion, toExitCode } from '../run_main.js';
import { runCameraCommand } from './cameras/camera_commands.js';
import { checkImports } from './check/check_command.js';
import { importFile } from './import_command.js';
import { runProgram } from './program.js';
import { callMethod } from './tasks/rpc_command.js';
import { runTaskCommand } from './tasks/task_commands.js';
import { runUserCommand } from './user_commands.js';

async function main(): Promise<ExitCode> {
  const interruption = createInterruption();
  const { stdin, stdout, stderr } = process;
  const { SVODKA_TOKEN: given, SVODKA_DATA_DIR: dataDir } = process.env;
  const tokenFor = (url: URL) => findToken(url, { given, dataDir }, interruption);
  // An import goes on when nobody reads what it prints.
  const signal = AbortSignal.any([interruption, closedSignal(stdout)]);
  const printError = createPrintError(stderr);
  const serviceAt = async (url: URL) => ({ url, token: await tokenFor(url), signal });
  const run = () =>
    runProgram(process.argv.slice(2), {
      version: readVersion(),
      importFile: async (options) =>
        importFile({ ...options, token: await tokenFor(options.url) }, { stdin, stdout, stderr }, interruption),
      checkImports: async (options) =>
        checkImports({ ...options, token: await tokenFor(options.url) }, { stdout, stderr }, interruption),
      users: async (url, command) =>
        runUserCommand(command, { url, token: await tokenFor(url) }, { stdin, stdout }, interruption),
      cameras: async (url, command) => runCameraCommand(command, { url, token: await tokenFor(url) }, stdout, signal),
      tasks: async (url, command) =>
        runTaskCommand(createRpcClient({ ...(await serviceAt(url)), wing: 'work' }), command, { stdout, stderr }),
      rpc: async (url, command) => callMethod(createRpcClient(await serviceAt(url)), command, { stdin, stdout }),
      stdout: (text) => stdout.write(text),
      stderr: (text) => printError(text.trimEnd()),
    });
  return toExitCode(run, printError);
}

// process.exit() would discard output that a pipe has not accepted yet.
process.exitCode = await main();
// Unread input on stdin would keep the process alive.
process.stdin.destroy();
