import { type Command, Option } from 'commander';
import { addCommand, parseLimit, type Run, type Target, withWorkflow } from '../options.js';
import type { GlobalOptions } from '../spa.js';
import { showEta, showWhy } from './reasons.js';
import { startRun, stopRun } from './run_commands.js';
import { setStatus, showHistory, showList, showStatus, writeLog } from './status_commands.js';

const DEFAULT_HISTORY = 50;
/** The statuses of a task that can be forced. */
export const STATUSES = [
  'new',
  'not run',
  'running',
  'waiting',
  'error',
  'rerun',
  'success',
  'terminated',
  'stopping',
  'stopped',
  'killed',
  'immortal',
];

const requiredTask = () => new Option('-t, --task <name>', 'the task').makeOptionMandatory();

/** Adds the commands that run workflows and show what becomes of them. */
export function addRunCommands(program: Command, run: Run): void {
  withWorkflow(
    addCommand(program, {
      name: 'run',
      description: 'Start a workflow, or one of its tasks as a run of its own.',
      examples: ['spa_ctl run -p pr1 -w wf1 --wait', 'spa_ctl run -w wf1 -t t11'],
    }),
  )
    .option('-t, --task <name>', 'only this task')
    .option('--wait', 'follow it to its end; the exit code is 1 unless it succeeds')
    .action((_, command: Command) => {
      const target = command.optsWithGlobals<Target & { wait?: true }>();
      return run(target, (spa) => startRun(spa, target));
    });
  withWorkflow(
    addCommand(program, {
      name: 'stop',
      description: 'Stop a workflow: SIGINT to its tasks, SIGTERM and SIGKILL to those that do not end.',
      examples: ['spa_ctl stop -w wf1', 'spa_ctl stop -p pr1 -w wf1 --wait'],
    }),
  )
    .option('--wait', 'wait until nothing of it runs any more')
    .action((_, command: Command) => {
      const target = command.optsWithGlobals<Target & { wait?: true }>();
      return run(target, (spa) => stopRun(spa, target));
    });
  withWorkflow(
    addCommand(program, {
      name: 'status',
      description: 'Show a workflow and its tasks.',
      examples: ['spa_ctl status -p pr1 -w wf1', 'spa_ctl status -w wf1 --watch'],
    }),
  )
    .option('-t, --task <name>', 'only this task')
    .option('--watch', 'follow it live, to the end of the run')
    .action((_, command: Command) => {
      const target = command.optsWithGlobals<Target & { watch?: true }>();
      return run(target, (spa) => showStatus(spa, target));
    });
  withWorkflow(
    addCommand(program, {
      name: 'set_status',
      description: `Force a status on a task: ${STATUSES.join(', ')}.`,
      examples: [`spa_ctl set_status -p pr1 -w wf1 -t t11 waiting --why 'in the solver until noon'`],
    }),
  )
    .argument('<status>', 'the status')
    .addOption(requiredTask())
    .option('--why <text>', 'the reason, kept in the history')
    .action((status: string, _, command: Command) => {
      const target = command.optsWithGlobals<Target & { why?: string }>();
      if (!STATUSES.includes(status)) {
        command.error(`error: there is no status "${status}". Allowed choices are ${STATUSES.join(', ')}.`);
      }
      return run(target, (spa) => setStatus(spa, status, target));
    });
  withWorkflow(
    addCommand(program, {
      name: 'logs',
      description: 'Write what a task printed in its last run.',
      examples: ['spa_ctl logs -p pr1 -w wf1 -t t11', 'spa_ctl logs -w wf1 -t t11 -f'],
    }),
  )
    .addOption(requiredTask())
    .option('-f, --follow', 'go on until the run has ended')
    .action((_, command: Command) => {
      const target = command.optsWithGlobals<Target & { follow?: true }>();
      return run(target, (spa) => writeLog(spa, target));
    });
  withWorkflow(
    addCommand(program, {
      name: 'history',
      description: 'Show the changes of status, newest first: when, by whom, and why.',
      examples: ['spa_ctl history -p pr1 -w wf1', 'spa_ctl history -w wf1 -t t11 --limit 10'],
    }),
  )
    .option('-t, --task <name>', 'only of this task')
    .option('--limit <number>', 'how many', parseLimit, DEFAULT_HISTORY)
    .action((_, command: Command) => {
      const target = command.optsWithGlobals<Target & { limit: number }>();
      return run(target, (spa) => showHistory(spa, target));
    });
  for (const [name, description, show] of [
    ['why', 'Say in a sentence what a run waits for, or why it ended as it did.', showWhy],
    ['eta', 'Say how long a run will still take, judged by earlier runs.', showEta],
  ] as const) {
    withWorkflow(addCommand(program, { name, description, examples: [`spa_ctl ${name} -p pr1 -w wf1`] })).action(
      (_, command: Command) => {
        const target = command.optsWithGlobals<Target>();
        return run(target, (spa) => show(spa, target));
      },
    );
  }
  addCommand(program, {
    name: 'list',
    description: 'Show all projects and their workflows.',
    examples: ['spa_ctl list', 'spa_ctl list -p pr1'],
  })
    .option('-p, --project <name>', 'only this project')
    .action((_, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { project?: string }>();
      return run(options, (spa) => showList(spa, options.project));
    });
}
