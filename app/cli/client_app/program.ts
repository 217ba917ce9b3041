import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { EXIT, type ExitCode } from '../command_error.js';
import { DEFAULT_URL, parseUrl, urlOption } from '../service_url.js';
import type { Account, PeopleCommands } from './people_commands.js';
import type { ClientRequest } from './request.js';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

const EXAMPLES = `
Examples:
  client_app register --u=gomer --p=secret123      registers, and logs in
  client_app create --name "my picture"            creates a task that renders the example scene
  client_app watch 29                              shows how far it is
  client_app result 29 -o picture.png              saves what it made

  client_app post http://localhost:8080/api-token-auth/ --u=gomer --p=secret123
  client_app get http://localhost:8080/api/v1/tasks/ --t=e500ac59777571c051d405dbee9a31e7a07d2c2c

SVODKA_URL says where the service is (${DEFAULT_URL}).
Exit codes: 0 good, 1 refused, or a watched task that is not complete, 2 wrong usage, 3 nobody answers.
`;

export type ProgramParts = {
  version: string;
  /** Sends a single request, as the predecessor's client did. */
  request(request: ClientRequest): Promise<ExitCode>;
  askPassword(): Promise<string>;
  people(options: { url: URL; token: string | undefined }): PeopleCommands;
  stdout(text: string): void;
  stderr(text: string): void;
};

type Given = { u?: string; p?: string; t?: string; url: URL };

function parseId(text: string): string {
  if (/^\d{1,15}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be the number of a task.');
}

/** Runs the program with the arguments after its name. Returns the exit code. @throws the errors of the commands */
export async function runProgram(args: readonly string[], parts: ProgramParts): Promise<ExitCode> {
  const { version, stdout, stderr } = parts;
  let exitCode: ExitCode = EXIT.success;
  const tokenOption = () => new Option('--t <token>', 'the token, instead of that of the last log-in');

  const program = new Command('client_app')
    .description('Registers users of Svodka, creates their tasks and shows what becomes of them.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(--help tells more)')
    .configureOutput({ writeOut: stdout, writeErr: stderr })
    .enablePositionalOptions()
    .argument('<method>', `${METHODS.join(', ')}: one request; or a command of those below`)
    .argument('<url>', 'the whole address')
    .option('--u <name>', 'the user name, sent as `username`')
    .option('--p <password>', 'the password, sent as `password`')
    .addOption(new Option('--t <token>', 'the token'))
    .addHelpText('after', EXAMPLES)
    .action(async (method: string, address: string, { u, p, t }: Given, command: Command) => {
      if (!METHODS.includes(method.toLowerCase())) command.error(`error: there is no command or method "${method}"`);
      let url: URL;
      try {
        url = parseUrl(address);
      } catch (reason) {
        return command.error(`error: ${(reason as Error).message}`);
      }
      exitCode = await parts.request({
        method: method.toUpperCase(),
        url,
        token: t,
        form: { username: u, password: p },
      });
      return undefined;
    });

  const runPeopleCommand = (run: (commands: PeopleCommands) => Promise<ExitCode>, { url, t }: Given): Promise<void> =>
    run(parts.people({ url, token: t })).then((code) => {
      exitCode = code;
    });

  const addAccountCommand = (
    name: string,
    description: string,
    run: (commands: PeopleCommands, account: Account) => Promise<ExitCode>,
  ) =>
    program
      .command(name)
      .description(description)
      .requiredOption('--u <name>', 'the user name')
      .option('--p <password>', 'the password; without it you are asked, so that it stands in no list of processes')
      .addOption(urlOption())
      .action((given: Given) =>
        runPeopleCommand(
          async (commands) =>
            run(commands, { username: given.u as string, password: given.p ?? (await parts.askPassword()) }),
          given,
        ),
      );
  addAccountCommand('register', 'Register a user, and log in.', (commands, account) => commands.register(account));
  addAccountCommand('login', 'Log in: the token is kept for the other commands.', (commands, account) =>
    commands.logIn(account),
  );

  program
    .command('create')
    .description('Create a task that renders the example scene.')
    .option('--name <name>', 'its name (default: made of yours and the time)')
    .addOption(urlOption())
    .addOption(tokenOption())
    .action((given: Given & { name?: string }) => runPeopleCommand((commands) => commands.create(given.name), given));
  program
    .command('list')
    .description('Show your tasks.')
    .addOption(urlOption())
    .addOption(tokenOption())
    .action((given: Given) => runPeopleCommand((commands) => commands.list(), given));
  const addTaskCommand = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .argument('<id>', 'the number of the task', parseId)
      .addOption(urlOption())
      .addOption(tokenOption());
  addTaskCommand('history', 'Show the statuses that a task had.').action((id: string, given: Given) =>
    runPeopleCommand((commands) => commands.history(id), given),
  );
  addTaskCommand('watch', 'Follow a task to its end.').action((id: string, given: Given) =>
    runPeopleCommand((commands) => commands.watch(id), given),
  );
  addTaskCommand('result', 'Save what a task made.')
    .requiredOption('-o, --output <file>', 'where to; - is stdout')
    .action((id: string, given: Given & { output: string }) =>
      runPeopleCommand((commands) => commands.saveResult(id, given.output), given),
    );

  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (reason) {
    if (!(reason instanceof CommanderError)) throw reason;
    // --help and --version exit with 0; anything else is wrong usage, which commander has already reported.
    return reason.exitCode === 0 ? EXIT.success : EXIT.usage;
  }
  return exitCode;
}
