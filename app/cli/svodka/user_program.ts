import { type Command, InvalidArgumentError } from 'commander';
import { urlOption } from '../service_url.js';
import type { UserCommand } from './user_commands.js';

const HELP = `
The token of an administrator comes from SVODKA_TOKEN, or from admin-token in the data folder (SVODKA_DATA_DIR, ./data)
when the service runs on this machine.

Exit codes: 0 good, 1 refused, 2 wrong usage, 3 the service is away.
`;

function parseSeconds(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number of seconds.');
}

/** Adds `svodka user ...` to the program. */
export function addUserCommands(program: Command, run: (url: URL, command: UserCommand) => Promise<void>): void {
  const user = program.command('user').description('Users and their rights, for administrators.');
  user.addHelpText('after', HELP);
  user
    .command('add <name>')
    .description('Add a user.')
    .option('--role <role...>', 'a role, may be given several times (default: user)')
    .option('--password-stdin', 'read the password from stdin; without it nobody can log in under the name')
    .addOption(urlOption())
    .action((username: string, given: { role?: string[]; passwordStdin?: true; url: URL }) =>
      run(given.url, { name: 'add', username, roles: given.role, takesPassword: given.passwordStdin === true }),
    );
  user
    .command('list')
    .description('Show all users.')
    .addOption(urlOption())
    .action(({ url }: { url: URL }) => run(url, { name: 'list' }));
  user
    .command('roles <name> <role...>')
    .description('Set the roles of a user: those given and no others.')
    .addOption(urlOption())
    .action((username: string, roles: string[], { url }: { url: URL }) => run(url, { name: 'roles', username, roles }));
  user
    .command('remove <name>')
    .description('Remove a user with all tokens. Nobody is given the name again.')
    .addOption(urlOption())
    .action((username: string, { url }: { url: URL }) => run(url, { name: 'remove', username }));
  user
    .command('token <name>')
    .description('Make a token for a user and show it, this once.')
    .option('--name <name>', 'what the token is for', 'svodka user token')
    .option('--expires-in <seconds>', 'when it ends (default: never)', parseSeconds)
    .addOption(urlOption())
    .action((username: string, given: { name: string; expiresIn?: number; url: URL }) =>
      run(given.url, { name: 'token', username, tokenName: given.name, expiresInS: given.expiresIn }),
    );
}
