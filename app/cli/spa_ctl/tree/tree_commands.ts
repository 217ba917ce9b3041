import { type Command, Option } from 'commander';
import { CommandError, EXIT, type ExitCode } from '../../command_error.js';
import { RpcRefusal } from '../../rpc/refusal.js';
import { writeJson } from '../../terminal/json_output.js';
import { addCommand, namesOf, type Run, type Target } from '../options.js';
import type { GlobalOptions, Spa } from '../spa.js';
import { type Changes, changesText } from './changes_text.js';
import { readTree, type Tree, type TreeSource } from './read_tree.js';
import { namesAlong, projectOf } from './tree_names.js';

type ChangeOptions = GlobalOptions & TreeSource & { dryRun?: true };

type ListedProject = { project: string; workflows: unknown[] };

/** Calls a method with a tree. A refusal names, beside each pointer, what it is about. @throws CommandError */
async function sendTree({ client }: Spa, method: string, tree: Tree): Promise<Changes> {
  try {
    return await client.call<Changes>(method, tree);
  } catch (reason) {
    if (!(reason instanceof RpcRefusal)) throw reason;
    throw new RpcRefusal(reason.error, (pointer) => namesAlong(tree, pointer));
  }
}

async function changeTree(spa: Spa, method: string, options: ChangeOptions): Promise<ExitCode> {
  const isDryRun = options.dryRun === true;
  const tree = await readTree(options, spa.streams.stdin);
  const changes = await sendTree(spa, method, isDryRun ? { ...tree, dry_run: true } : tree);
  const project = projectOf(tree);
  if (!isDryRun && project !== undefined) spa.select(project);
  if (spa.asJson) spa.writeJson(changes);
  else spa.say(changesText(changes, isDryRun));
  return EXIT.success;
}

/** Remembers a project, which must exist. @throws CommandError */
async function selectProject(spa: Spa, project: string): Promise<ExitCode> {
  const projects = await spa.client.call<ListedProject[]>('workflow.list', { project });
  const found = projects.find((each) => each.project === project);
  if (found === undefined) throw new CommandError(EXIT.refused, `Refused: there is no project ${project}.`);
  spa.config.keep({ project });
  if (spa.asJson) spa.writeJson({ project });
  else spa.say(`${project} is selected: -p may be left out.`);
  return EXIT.success;
}

async function dumpTree(spa: Spa, names: Record<string, string>): Promise<ExitCode> {
  writeJson(spa.streams.stdout, await spa.client.call('workflow.dump', names), spa.asJson);
  return EXIT.success;
}

const CHANGES = [
  {
    name: 'create',
    description:
      'Make a project and its workflows, or add workflows and tasks to them. The service must not have the tasks that the tree names.',
    examples: ['spa_ctl create -f tree.json', 'spa_ctl create -f tree.json --dry-run'],
  },
  {
    name: 'delete',
    description: 'Delete the leaves of the tree: a workflow named without tasks whole, else the tasks named.',
    examples: [
      `spa_ctl delete -j '{"context": {"project": {"name": "pr1", "workflows": [{"name": "wf1"}]}}}'`,
      'spa_ctl delete -f tree.json --dry-run',
    ],
  },
  {
    name: 'update',
    description: 'Replace the workflows and tasks that the tree names, whole.',
    examples: ['spa_ctl dump -p pr1 | sed s/simple/error/ | spa_ctl update -f -'],
  },
] as const;

/** Adds the commands about trees of projects. */
export function addTreeCommands(program: Command, run: Run): void {
  addCommand(program, {
    name: 'select_project <project>',
    description: 'Remember a project, so that -p may be left out.',
    examples: ['spa_ctl select_project pr1'],
  }).action((name: string, _, command: Command) => run(command.optsWithGlobals(), (spa) => selectProject(spa, name)));
  for (const text of CHANGES) {
    addCommand(program, text)
      .addOption(new Option('-j, --json-text <json>', 'the tree as JSON').conflicts('file'))
      .addOption(new Option('-f, --file <file>', 'the file with the tree; - is stdin'))
      .option('--dry-run', 'say what would change, and change nothing')
      .action((_, command: Command) => {
        const { jsonText, ...options } = command.optsWithGlobals<ChangeOptions & { jsonText?: string }>();
        return run(options, (spa) => changeTree(spa, `workflow.${text.name}`, { ...options, tree: jsonText }));
      });
  }
  addCommand(program, {
    name: 'dump',
    description: 'Write the tree as JSON, as update takes it back.',
    examples: ['spa_ctl dump -p pr1 > pr1.json', 'spa_ctl dump -p pr1 -w wf1 -t t11'],
  })
    .option('-p, --project <name>', 'the project (default: the selected one)')
    .option('-w, --workflow <name>', 'only this workflow')
    .option('-t, --task <name>', 'only this task of it')
    .action((_, command: Command) => {
      const options = command.optsWithGlobals<Partial<Target> & GlobalOptions>();
      const { project, workflow, task } = options;
      if (task !== undefined && workflow === undefined) command.error('error: -t needs -w');
      return run(options, (spa) =>
        dumpTree(
          spa,
          workflow === undefined
            ? { project: spa.requireProject(project) }
            : namesOf(spa, { ...options, workflow, ...(task !== undefined && { task }) }),
        ),
      );
    });
}
