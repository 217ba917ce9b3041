import { type Command, InvalidArgumentError } from 'commander';
import type { ExitCode } from '../command_error.js';
import type { GlobalOptions, Spa } from './spa.js';

/** Runs what a command does, with what the global options say. */
export type Run = (options: GlobalOptions, handle: (spa: Spa) => Promise<ExitCode>) => Promise<void>;

type CommandText = { name: string; description: string; examples: readonly string[] };

const MAX_LIMIT = 1_000;

/** Adds a command whose `--help` shows examples. */
export function addCommand(program: Command, { name, description, examples }: CommandText): Command {
  return program
    .command(name)
    .description(description)
    .addHelpText('after', `\n${examples.length === 1 ? 'Example' : 'Examples'}:\n  ${examples.join('\n  ')}\n`);
}

export type Target = GlobalOptions & { project?: string; workflow: string; task?: string };

/** `-p` and `-w`, which name a workflow. */
export function withWorkflow(command: Command): Command {
  return command
    .option('-p, --project <name>', 'the project (default: the selected one)')
    .requiredOption('-w, --workflow <name>', 'the workflow');
}

/** The params that name the workflow, and the task if one is given. @throws CommandError without a project */
export function namesOf(spa: Spa, { project, workflow, task }: Target): Names {
  return { project: spa.requireProject(project), workflow, ...(task !== undefined && { task }) };
}

export type Names = { project: string; workflow: string; task?: string };

/** `pr1/wf1`, `pr1/wf1/t11` */
export function namesText({ project, workflow, task }: Names): string {
  return [project, workflow, ...(task === undefined ? [] : [task])].join('/');
}

export function parseLimit(text: string): number {
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new InvalidArgumentError(`It must be a number from 1 to ${MAX_LIMIT}.`);
}
