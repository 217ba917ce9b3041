import { CommandError, EXIT, type ExitCode } from '../../command_error.js';
import { type Names, namesOf, namesText, type Target } from '../options.js';
import type { Spa } from '../spa.js';
import { followRun } from './follow_run.js';
import { createProgressView } from './progress_view.js';
import { askWhy } from './reasons.js';
import { runLine } from './status_text.js';
import type { WorkflowStatus } from './workflow_status.js';

type Begun = { run_id: number; status: string };
type HistoryEntry = { run_id: number; status: string };

/** Follows the run to its end and shows its progress on stderr. Returns the last status. @throws CommandError */
async function waitForEnd(spa: Spa, names: Names): Promise<WorkflowStatus> {
  const view = createProgressView(spa.streams.stderr);
  let last: WorkflowStatus | undefined;
  try {
    for await (const status of followRun(spa, names, view.makeRoom)) {
      view.show(status);
      last = status;
    }
  } finally {
    view.end();
  }
  return last as WorkflowStatus;
}

/** How the run ended, also when another one has begun since. */
async function endOf(spa: Spa, names: Names, runId: number, last: WorkflowStatus): Promise<string> {
  if (last.run_id === runId) return last.status;
  const { project, workflow } = names;
  const entries = await spa.client.call<HistoryEntry[]>('workflow.history', { project, workflow });
  return entries.find((entry) => entry.run_id === runId)?.status ?? last.status;
}

/** Says why the run did not succeed; never fails, because the outcome is known already. */
async function explain(spa: Spa, names: Names): Promise<void> {
  try {
    spa.note(await askWhy(spa, names));
  } catch (reason) {
    if (!(reason instanceof CommandError)) throw reason;
  }
}

export async function startRun(spa: Spa, target: Target & { wait?: true }): Promise<ExitCode> {
  const names = namesOf(spa, target);
  const begun = await spa.client.call<Begun>('workflow.run', names);
  if (target.wait !== true) {
    if (spa.asJson) spa.writeJson(begun);
    else spa.say(`${namesText(names)}: ${begun.status} (run ${begun.run_id})`);
    return EXIT.success;
  }
  const last = await waitForEnd(spa, names);
  const ended = await endOf(spa, names, begun.run_id, last);
  if (spa.asJson) spa.writeJson(last);
  else spa.say(runLine({ ...last, status: ended, run_id: begun.run_id }, Date.now() / 1000));
  if (ended === 'success') return EXIT.success;
  await explain(spa, names);
  return EXIT.refused;
}

type ListedProject = { project: string; workflows: { name: string }[] };

/** The project of a workflow whose name no other project has. */
async function onlyProjectWith(spa: Spa, workflow: string): Promise<string | undefined> {
  const projects = await spa.client.call<ListedProject[]>('workflow.list', {});
  return projects.find(({ workflows }) => workflows.some(({ name }) => name === workflow))?.project;
}

export async function stopRun(spa: Spa, target: Target & { wait?: true }): Promise<ExitCode> {
  const { workflow } = target;
  // Without a project the service looks for the name in all of them.
  const project = spa.findProject(target.project);
  const begun = await spa.client.call<Begun>('workflow.stop', { workflow, ...(project !== undefined && { project }) });
  const found = project ?? (target.wait === true ? await onlyProjectWith(spa, workflow) : undefined);
  if (target.wait !== true || found === undefined) {
    if (spa.asJson) spa.writeJson(begun);
    else spa.say(`${found === undefined ? workflow : `${found}/${workflow}`}: ${begun.status} (run ${begun.run_id})`);
    return EXIT.success;
  }
  const last = await waitForEnd(spa, { project: found, workflow });
  if (spa.asJson) spa.writeJson(last);
  else spa.say(runLine(last, Date.now() / 1000));
  return EXIT.success;
}
