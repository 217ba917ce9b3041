import { homedir } from 'node:os';
import { EXIT, type ExitCode } from '../command_error.js';
import { configFile } from '../private_file.js';
import { createPrintError, readVersion, toExitCode } from '../run_main.js';
import { askPassword } from '../terminal/ask_password.js';
import { createCredentials } from './credentials.js';
import { createPeopleCommands } from './people_commands.js';
import { runProgram } from './program.js';
import { answerText, type ClientRequest, send } from './request.js';

async function main(): Promise<ExitCode> {
  const { stdout, stderr } = process;
  // The reader of a pipe may close it early (`| head`): not an error.
  stdout.on('error', () => {});
  const interruption = new AbortController();
  process.once('SIGINT', () => {
    interruption.abort();
    process.exitCode = EXIT.interrupted;
  });
  const printError = createPrintError(stderr);
  const credentials = createCredentials(configFile('client_app.json', process.env['XDG_CONFIG_HOME'], homedir()));

  async function request(clientRequest: ClientRequest): Promise<ExitCode> {
    const answer = await send(clientRequest);
    stdout.write(`${answerText(answer)}\n`);
    return answer.isGood ? EXIT.success : EXIT.refused;
  }

  const run = () =>
    runProgram(process.argv.slice(2), {
      version: readVersion(),
      request,
      askPassword: () => askPassword(process.stdin, stderr),
      people: (options) =>
        createPeopleCommands({ ...options, credentials, stdout, stderr, signal: interruption.signal }),
      stdout: (text) => stdout.write(text),
      stderr: (text) => printError(text.trimEnd()),
    }).catch((reason) => {
      // Whatever an interruption made fail.
      if (interruption.signal.aborted) return EXIT.interrupted;
      throw reason;
    });
  return toExitCode(run, printError);
}

// process.exit() would discard output that a pipe has not accepted yet.
process.exitCode = await main();
