import { type Command, InvalidArgumentError, Option } from 'commander';
import { urlOption } from '../../service_url.js';
import type { RpcCommand } from './rpc_command.js';
import type { TaskCommand, TaskRef } from './task_commands.js';

const EXITS = 'Exit codes: 0 good, 1 refused, 2 wrong usage, 3 nobody answers, 130 stopped by Ctrl-C.';

const TOKEN = `
The token comes from SVODKA_TOKEN, or from admin-token in the data folder (SVODKA_DATA_DIR, ./data) when the service
runs on this machine.

${EXITS}`;

const RPC_HELP = `
Examples:
  svodka rpc engine.create '{"script": "render.scene", "args": {"width": 320}}'
  svodka rpc engine.list '{"status": "failed"}' --json
  svodka rpc workflow.create @tree.json
  svodka rpc rpc.discover                     all methods
${TOKEN}`;

const STATUSES = ['enqueued', 'working', 'finished', 'failed', 'cancelled'];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_LIMIT = 1_000;

function parseRef(text: string): TaskRef {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  if (UUID.test(text)) return text;
  throw new InvalidArgumentError('It must be the id or the uuid of a task.');
}

function parseLimit(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new InvalidArgumentError(`It must be a number from 1 to ${MAX_LIMIT}.`);
}

type Given = { url: URL; json?: true };

function helped(command: Command, example: string): Command {
  return command
    .addOption(urlOption())
    .option('--json', 'show the answer as lines of JSON')
    .addHelpText('after', `\nExample:\n  ${example}\n${TOKEN}`);
}

/** Adds `svodka rpc` to the program. */
export function addRpcCommand(program: Command, run: (url: URL, command: RpcCommand) => Promise<void>): void {
  program
    .command('rpc <method> [params]')
    .description('Call a JSON-RPC method. The params are JSON text, @FILE, or - for stdin.')
    .addOption(urlOption())
    .option('--json', 'show the result, or the error, as one line of JSON')
    .addHelpText('after', RPC_HELP)
    .action((method: string, params: string | undefined, { url, json }: Given) =>
      run(url, { method, params, asJson: json === true }),
    );
}

/** Adds `svodka task ...` to the program. */
export function addTaskCommands(program: Command, run: (url: URL, command: TaskCommand) => Promise<void>): void {
  const task = program.command('task').description('Tasks of the engine, with their logs.');
  task.addHelpText('after', TOKEN);
  helped(task.command('list'), 'svodka task list --status failed --limit 100')
    .description('Show tasks, newest first.')
    .addOption(new Option('--status <status>', 'only those with this status').choices(STATUSES))
    .option('--user <name>', 'only those of this user')
    .addOption(new Option('--type <type>', 'tasks, or runs of workflows').choices(['script', 'run']).default('script'))
    .option('--limit <number>', `how many (at most ${MAX_LIMIT})`, parseLimit, 50)
    .action((given: Given & { status?: string; user?: string; type: string; limit: number }) => {
      const { url, json, status, user, type, limit } = given;
      return run(url, { name: 'list', asJson: json === true, filter: { status, user, type }, limit });
    });
  helped(task.command('log'), 'svodka task log 29 -f')
    .description('Write what a task printed: the last megabyte of it.')
    .argument('<task>', 'its id or uuid', parseRef)
    .option('-f, --follow', 'go on until the task has ended')
    .action((ref: TaskRef, { url, json, follow }: Given & { follow?: true }) =>
      run(url, { name: 'log', asJson: json === true, ref, follows: follow === true }),
    );
  const described = [
    ['show', 'Show a task and the statuses that it had.'],
    ['cancel', 'Cancel a task; one that works is told to stop.'],
    ['retry', 'Enqueue a task again that has ended.'],
  ] as const;
  for (const [name, description] of described) {
    helped(task.command(name), `svodka task ${name} 29`)
      .description(description)
      .argument('<task>', 'its id or uuid', parseRef)
      .action((ref: TaskRef, { url, json }: Given) => run(url, { name, asJson: json === true, ref }));
  }
}
