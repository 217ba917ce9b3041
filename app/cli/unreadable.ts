import { CommandError, EXIT } from './command_error.js';

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
};

/** Says why a file that the user named cannot be read; `reason`: what the read failed with. */
export function unreadable(file: string, reason: unknown): CommandError {
  const { code, message } = reason as NodeJS.ErrnoException;
  return new CommandError(EXIT.usage, `${file} cannot be read: ${WORDS[code ?? ''] ?? code ?? message}.`);
}
