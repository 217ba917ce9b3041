import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { CommandError, EXIT } from '../command_error.js';

/**
 * Asks for a password on the terminal without echoing it; reads a line when stdin is not a terminal.
 * @throws CommandError when stdin ends before a line
 */
export function askPassword(stdin: ReadStream, stderr: NodeJS.WritableStream): Promise<string> {
  // readline writes the echo to `output`: discarding it hides the password.
  const lines = createInterface({ input: stdin, output: new PassThrough(), terminal: stdin.isTTY });
  if (stdin.isTTY) stderr.write('Password: ');
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    lines.once('close', () => {
      if (stdin.isTTY) stderr.write('\n');
      reject(new CommandError(EXIT.usage, 'No password was given.'));
    });
  });
}
