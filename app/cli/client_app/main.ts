import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { CommandError, EXIT, type ExitCode } from '../command_error.js';
import { configFile } from '../private_file.js';
import { askPassword } from '../terminal/ask_password.js';
import { harmless } from '../terminal/plain_text.js';
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
  const printError = (text: string) => stderr.write(`${text.split('\n').map(harmless).join('\n')}\n`);
  const credentials = createCredentials(configFile('client_app.json', process.env['XDG_CONFIG_HOME'], homedir()));
  // This file runs as dist/app/cli/client_app/main.js.
  const { version } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'));

  async function request(clientRequest: ClientRequest): Promise<ExitCode> {
    const answer = await send(clientRequest);
    stdout.write(`${answerText(answer)}\n`);
    return answer.isGood ? EXIT.success : EXIT.refused;
  }

  try {
    return await runProgram(process.argv.slice(2), {
      version,
      request,
      askPassword: () => askPassword(process.stdin, stderr),
      people: (options) =>
        createPeopleCommands({ ...options, credentials, stdout, stderr, signal: interruption.signal }),
      stdout: (text) => stdout.write(text),
      stderr: (text) => printError(text.trimEnd()),
    });
  } catch (reason) {
    if (interruption.signal.aborted) return EXIT.interrupted;
    if (!(reason instanceof CommandError)) throw reason;
    printError(reason.message);
    return reason.exitCode;
  }
}

// process.exit() would discard output that a pipe has not accepted yet.
process.exitCode = await main();
