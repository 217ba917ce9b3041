import { Command, CommanderError } from 'commander';
import { EXIT, type ExitCode } from '../command_error.js';
import { RpcRefusal } from '../rpc/refusal.js';
import { DEFAULT_URL } from '../service_url.js';
import { addAlarmCommand } from './alarms/alarm_commands.js';
import { addCompletionCommands } from './completion/completion_commands.js';
import { addConfigCommand } from './config_command.js';
import { addFileCommands } from './files/file_commands.js';
import type { Run } from './options.js';
import { addRunCommands } from './runs/run_program.js';
import type { GlobalOptions, Spa } from './spa.js';
import { addTreeCommands } from './tree/tree_commands.js';

const HELP = `
Examples:
  spa_ctl create -f tree.json                  makes the projects, workflows and tasks of the file
  spa_ctl run -p pr1 -w wf1 --wait             starts a workflow and follows it to its end
  spa_ctl status -w wf1 --watch                shows it live; -p may be left out, create has selected the project
  spa_ctl why -w wf1                           says what it waits for, or why it ended as it did
  spa_ctl stop -w wf1

The address and the token come from --url and --token, else from SVODKA_URL and SVODKA_TOKEN, else from
$XDG_CONFIG_HOME/svodka/spa_ctl.json (spa_ctl config). On the machine of the service the administrator's token is found
in its data folder (SVODKA_DATA_DIR, ./data).

Exit codes: 0 good, 1 refused, or a run that did not succeed, 2 wrong usage, 3 nobody answers, 130 stopped by Ctrl-C.
`;

export type ProgramParts = {
  version: string;
  /** @throws CommandError when the options or the config file cannot be used */
  open(options: GlobalOptions): Promise<Spa>;
  stdout(text: string): void;
  stderr(text: string): void;
};

/** Runs the program with the arguments after its name. Returns the exit code. @throws the errors of the commands */
export async function runProgram(args: readonly string[], parts: ProgramParts): Promise<ExitCode> {
  const { version, open, stdout, stderr } = parts;
  let exitCode: ExitCode = EXIT.success;

  const run: Run = async (options, handle) => {
    const spa = await open(options);
    try {
      exitCode = await handle(spa);
    } catch (reason) {
      if (spa.asJson && reason instanceof RpcRefusal) spa.writeJson(reason.error);
      throw reason;
    }
  };

  const program = new Command('spa_ctl')
    .description('Makes, runs, watches and stops workflows of Svodka.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(--help tells more)')
    .configureOutput({ writeOut: stdout, writeErr: stderr })
    .configureHelp({ showGlobalOptions: true })
    .option('--url <url>', `where the service is (default: SVODKA_URL, the config file, ${DEFAULT_URL})`)
    .option('--token <token>', 'the token; SVODKA_TOKEN keeps it out of the list of processes')
    .option('--json', 'write JSON, for programs')
    .addHelpText('after', HELP);
  addTreeCommands(program, run);
  addRunCommands(program, run);
  addAlarmCommand(program, run);
  addFileCommands(program, run);
  addConfigCommand(program, run);
  addCompletionCommands(program, run, stdout);

  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (reason) {
    if (!(reason instanceof CommanderError)) throw reason;
    // --help and --version exit with 0; anything else is wrong usage, which commander has already reported.
    return reason.exitCode === 0 ? EXIT.success : EXIT.usage;
  }
  return exitCode;
}
