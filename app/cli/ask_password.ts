import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { CommandError, EXIT } from './command_error.js';

/**
 * Asks for a password on a terminal, without showing it; takes a line of stdin where there is none.
 * @throws CommandError when stdin ends before
 */
export function askPassword(stdin: ReadStream, stderr: NodeJS.WritableStream): Promise<string> {
  // What is typed is echoed to nobody.
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
