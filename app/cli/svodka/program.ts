import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { ImportFormat } from '../../census/imports/service.js';
import { EXIT, type ExitCode } from '../command_error.js';
import { urlOption } from '../service_url.js';
import type { CameraCommand } from './cameras/camera_commands.js';
import { addCameraCommands } from './cameras/camera_program.js';
import type { CheckOptions } from './check/check_command.js';
import type { ImportOptions } from './import_command.js';
import { FIRST_VIOLATIONS } from './refusal.js';
import type { RpcCommand } from './tasks/rpc_command.js';
import type { TaskCommand } from './tasks/task_commands.js';
import { addRpcCommand, addTaskCommands } from './tasks/task_program.js';
import type { UserCommand } from './user_commands.js';
import { addUserCommands } from './user_program.js';

const FORMATS: readonly ImportFormat[] = ['json', 'ndjson', 'csv'];
/** The characters and lengths that the service accepts. */
const KEY = /^[ -~]{1,255}$/;

const EXAMPLES = `
Examples:
  svodka import people.csv                    stores it, or shows what is wrong
  svodka import people.ndjson.gz --dry-run    checks it and stores nothing
  zcat people.json.gz | svodka import - --format json

Exit codes: 0 good, 1 refused, 2 wrong usage, 3 the service is away, 130 stopped by Ctrl-C.
`;

const CHECK_EXITS = `
Exit codes: 0 all agree, 1 something differs, 2 it could not be found out, 130 stopped by Ctrl-C.
`;

function parseKey(text: string): string {
  if (KEY.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 255 visible ASCII characters.');
}

function parseImportId(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be the number of an import.');
}

type CheckGiven = { import?: number; url: URL; json?: true; save?: string; against?: string };

type Given = {
  format?: ImportFormat;
  dryRun?: true;
  watch?: true;
  url: URL;
  key?: string;
  all?: true;
  json?: true;
};

export type ProgramParts = {
  version: string;
  importFile(options: Omit<ImportOptions, 'token'>): Promise<ExitCode>;
  checkImports(options: Omit<CheckOptions, 'token'>): Promise<ExitCode>;
  users(url: URL, command: UserCommand): Promise<ExitCode>;
  cameras(url: URL, command: CameraCommand): Promise<ExitCode>;
  tasks(url: URL, command: TaskCommand): Promise<ExitCode>;
  rpc(url: URL, command: RpcCommand): Promise<ExitCode>;
  stdout(text: string): void;
  stderr(text: string): void;
};

/** Runs the program with the arguments after its name. Returns the exit code. @throws the errors of the commands */
export async function runProgram(
  args: readonly string[],
  { version, importFile, checkImports, users, cameras, tasks, rpc, stdout, stderr }: ProgramParts,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.success;
  const program = new Command('svodka')
    .description('Takes bulk imports of citizens and answers questions about them; this is its command line.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(--help tells more)')
    .configureOutput({ writeOut: stdout, writeErr: stderr });
  program
    .command('import')
    .description('Send a file of citizens to the service: all of it is stored, or what is wrong is shown.')
    .addArgument(
      new Argument('<file>', 'a .json, .ndjson, .jsonl or .csv, which may be packed: .gz, .br, .zst; - is stdin'),
    )
    .addOption(new Option('--format <format>', 'what the file is (default: as its name says)').choices(FORMATS))
    .option('--dry-run', 'check everything and store nothing')
    .option('--watch', 'show each step of the import, until it is published')
    .addOption(urlOption())
    .addOption(
      new Option('--key <key>', 'the Idempotency-Key: the same file with the same key is stored once a day').argParser(
        parseKey,
      ),
    )
    .option('--all', `show all that is wrong, not the first ${FIRST_VIOLATIONS}`)
    .option('--json', 'show the result, or all that is wrong, as lines of JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, { format, dryRun, watch, url, key, all, json }: Given) => {
      exitCode = await importFile({
        file,
        format,
        isDryRun: dryRun === true,
        watches: watch === true,
        url,
        key,
        showsAll: all === true,
        asJson: json === true,
      });
    });
  program
    .command('check')
    .description('Recount imports, cases and votes, and compare the results with the stored counts and wallets.')
    .addOption(new Option('--import <id>', 'only this import (default: all)').argParser(parseImportId))
    .addOption(urlOption())
    .option('--json', 'show each import as a line of JSON')
    .option('--save <file>', 'write the versions and digests of all imports to a file')
    .option('--against <file>', 'compare versions and digests with those in such a file, of this or another service')
    .addHelpText('after', CHECK_EXITS)
    .action(async ({ import: importId, url, json, save: saveTo, against }: CheckGiven) => {
      exitCode = await checkImports({ importId, url, asJson: json === true, saveTo, against });
    });
  addUserCommands(program, async (url, command) => {
    exitCode = await users(url, command);
  });
  addCameraCommands(program, async (url, command) => {
    exitCode = await cameras(url, command);
  });
  addTaskCommands(program, async (url, command) => {
    exitCode = await tasks(url, command);
  });
  addRpcCommand(program, async (url, command) => {
    exitCode = await rpc(url, command);
  });
  // A separate program, which scripts/svodka.mjs runs; listed here for --help.
  program
    .command('executor')
    .description('Take tasks from the database of a service and run them (svodka executor --help tells more).')
    .helpOption(false)
    .allowUnknownOption()
    .action(() => {
      stderr('svodka executor is a program of its own: start it by `svodka`, or `npm run executor`.');
      exitCode = EXIT.usage;
    });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (reason) {
    if (!(reason instanceof CommanderError)) throw reason;
    // --help and --version exit with 0; anything else is wrong usage, which commander has already reported.
    return reason.exitCode === 0 ? EXIT.success : EXIT.usage;
  }
  return exitCode;
}
