import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { askPassword } from '../ask_password.js';
import { CommandError, EXIT, type ExitCode } from '../command_error.js';
import { harmless } from '../plain_text.js';
import { createCredentials, credentialsFile } from './credentials.js';
import { createPeopleCommands } from './people_commands.js';
import { runProgram } from './program.js';
import { answerText, type Sent, send } from './request.js';

async function main(): Promise<ExitCode> {
  const { stdout, stderr } = process;
  // `| head` has seen enough: that is nobody's fault.
  stdout.on('error', () => {});
  const interruption = new AbortController();
  process.once('SIGINT', () => {
    interruption.abort();
    process.exitCode = EXIT.interrupted;
  });
  const complain = (text: string) => stderr.write(`${text.split('\n').map(harmless).join('\n')}\n`);
  const credentials = createCredentials(credentialsFile(process.env['XDG_CONFIG_HOME'], homedir()));
  // This file runs as dist/app/cli/client_app/main.js.
  const { version } = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8'));

  async function request(sent: Sent): Promise<ExitCode> {
    const answer = await send(sent);
    stdout.write(`${answerText(answer)}\n`);
    return answer.isGood ? EXIT.good : EXIT.refused;
  }

  try {
    return await runProgram(process.argv.slice(2), {
      version,
      request,
      askPassword: () => askPassword(process.stdin, stderr),
      people: (options) =>
        createPeopleCommands({ ...options, credentials, stdout, stderr, signal: interruption.signal }),
      stdout: (text) => stdout.write(text),
      stderr: (text) => complain(text.trimEnd()),
    });
  } catch (reason) {
    if (interruption.signal.aborted) return EXIT.interrupted;
    if (!(reason instanceof CommandError)) throw reason;
    complain(reason.message);
    return reason.exitCode;
  }
}

// Not process.exit(), which would cut off what a pipe has not taken yet.
process.exitCode = await main();
