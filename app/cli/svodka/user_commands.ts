import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Answer, type ApiMethod, createApi, problemOf } from '../api.js';
import { CommandError, EXIT, type ExitCode } from '../command_error.js';
import { LostError, shownUrl } from '../connection.js';
import { pathSegment } from '../path_segment.js';
import { fittedTable } from '../terminal/fitted_table.js';
import { harmless } from '../terminal/plain_text.js';
import type { Output } from './refusal.js';

export type UserCommand =
  | { name: 'add'; username: string; roles: readonly string[] | undefined; takesPassword: boolean }
  | { name: 'list' }
  | { name: 'roles'; username: string; roles: readonly string[] }
  | { name: 'remove'; username: string }
  | { name: 'token'; username: string; tokenName: string; expiresInS: number | undefined };

type UserStreams = { stdin: Readable; stdout: Output };

type User = { username: string; roles: string[]; enabled: boolean; created_at: string };

const USERS = '/api/v1/users/';

function pathOf(username: string): string {
  return `${USERS}${pathSegment(username)}`;
}

/** The problem's detail and code, followed by its list of faults. */
function refusalOf(answer: Answer): string {
  const { code, detail } = problemOf(answer);
  if (code === undefined) return `the answer, ${answer.status}, is not one of Svodka`;
  const { errors = [] } = answer.content as { errors?: { pointer: string; detail: string }[] };
  const faults = errors.map(({ pointer, detail: text }) => `\n  ${pointer.slice(1)} ${text}`);
  return `${detail} (${code})${faults.join('')}`;
}

/** Runs the command as an administrator and writes the result to stdout. @throws CommandError */
export async function runUserCommand(
  command: UserCommand,
  { url, token }: { url: URL; token: string | undefined },
  { stdin, stdout }: UserStreams,
  signal: AbortSignal,
): Promise<ExitCode> {
  if (token === undefined) {
    throw new CommandError(
      EXIT.usage,
      'No token of an administrator was found. Run this where the service keeps its data (SVODKA_DATA_DIR), or set SVODKA_TOKEN.',
    );
  }
  const api = createApi(url, signal, token);
  const say = (line: string) => void stdout.write(`${harmless(line)}\n`);

  async function ask<Body>(method: ApiMethod, path: string, body?: unknown): Promise<Body> {
    let answer: Answer;
    try {
      answer = await api.ask(method, path, body);
    } catch (reason) {
      if (!(reason instanceof LostError)) throw reason;
      if (signal.aborted) throw new CommandError(signal.reason as ExitCode, 'Stopped.');
      throw new CommandError(EXIT.unavailable, `Svodka does not answer at ${shownUrl(url)} (${reason.reason}).`);
    }
    if (answer.status >= 200 && answer.status < 300) return answer.content as Body;
    const isUnavailable = answer.status >= 500 || problemOf(answer).code === undefined;
    throw new CommandError(isUnavailable ? EXIT.unavailable : EXIT.refused, `Refused: ${refusalOf(answer)}`);
  }

  switch (command.name) {
    case 'add': {
      const { username, roles, takesPassword } = command;
      // `echo` ends its output with a line break.
      const password = takesPassword ? (await text(stdin)).replace(/\r?\n$/, '') : undefined;
      const user = await ask<User>('POST', USERS, { username, password, roles });
      say(`added ${user.username}: ${user.roles.join(', ') || 'no roles'}`);
      if (!takesPassword) say(`It has no password: "svodka user token ${user.username}" makes a token for it.`);
      return EXIT.success;
    }
    case 'list': {
      const users = await ask<User[]>('GET', USERS);
      const rows = users.map(({ username, roles, enabled, created_at: createdAt }) => [
        username,
        roles.join(', '),
        enabled ? 'yes' : 'no',
        createdAt.replace('T', ' ').slice(0, 19),
      ]);
      stdout.write(`${fittedTable(['username', 'roles', 'enabled', 'created (UTC)'], rows, stdout.columns)}\n`);
      return EXIT.success;
    }
    case 'roles': {
      const user = await ask<User>('PATCH', pathOf(command.username), { roles: command.roles });
      say(`${user.username}: ${user.roles.join(', ')}`);
      return EXIT.success;
    }
    case 'remove': {
      await ask('DELETE', pathOf(command.username));
      say(`removed ${command.username}`);
      return EXIT.success;
    }
    case 'token': {
      const { username, tokenName, expiresInS } = command;
      const made = await ask<{ token: string }>('POST', `${pathOf(username)}/tokens/`, {
        name: tokenName,
        expires_in_s: expiresInS,
      });
      say(made.token);
      return EXIT.success;
    }
  }
}
