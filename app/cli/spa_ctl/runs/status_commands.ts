import { EXIT, type ExitCode } from '../../command_error.js';
import { logPages } from '../../rpc/log_pages.js';
import { fittedTable } from '../../terminal/fitted_table.js';
import { writePrinted } from '../../terminal/json_output.js';
import { utcText } from '../../terminal/time_text.js';
import { type Names, namesOf, namesText, type Target } from '../options.js';
import type { Spa } from '../spa.js';
import { followRun } from './follow_run.js';
import { createLiveLines, createLiveTable } from './live_view.js';
import { runLine, tasksTable } from './status_text.js';
import type { TaskStatus, WorkflowStatus } from './workflow_status.js';

export async function showStatus(spa: Spa, target: Target & { watch?: true }): Promise<ExitCode> {
  const names = namesOf(spa, target);
  if (target.watch === true) return watchStatus(spa, names);
  const status = await spa.client.call<WorkflowStatus>('workflow.status', names);
  if (spa.asJson) {
    spa.writeJson(status);
    return EXIT.success;
  }
  const now = Date.now() / 1000;
  spa.streams.stdout.write(`${tasksTable(status.tasks, now, spa.streams.stdout.columns)}\n`);
  spa.say(runLine(status, now));
  return EXIT.success;
}

async function watchStatus(spa: Spa, names: Names): Promise<ExitCode> {
  if (spa.asJson) {
    for await (const status of followRun(spa, names)) spa.writeJson(status);
    return EXIT.success;
  }
  const { stdout } = spa.streams;
  const view = stdout.isTTY ? createLiveTable(stdout) : createLiveLines(stdout);
  try {
    for await (const status of followRun(spa, names, view.makeRoom)) view.show(status);
  } finally {
    view.end();
  }
  return EXIT.success;
}

export async function setStatus(spa: Spa, status: string, target: Target & { why?: string }): Promise<ExitCode> {
  const { why } = target;
  const names = namesOf(spa, target);
  const row = await spa.client.call<TaskStatus>('workflow.set_status', {
    ...names,
    status,
    ...(why !== undefined && { why }),
  });
  if (spa.asJson) spa.writeJson(row);
  else spa.say(`${namesText(names)}: ${row.label}`);
  return EXIT.success;
}

export async function writeLog(spa: Spa, target: Target & { follow?: true }): Promise<ExitCode> {
  const { client, note, streams } = spa;
  const params = namesOf(spa, target);
  const pages = logPages({ client, method: 'workflow.log', params, follows: target.follow === true, note });
  for await (const page of pages) {
    if (spa.asJson) spa.writeJson(page);
    else writePrinted(streams.stdout, page.text);
  }
  return EXIT.success;
}

type HistoryEntry = {
  run_id: number | null;
  task: string | null;
  status: string;
  label: string;
  at: number;
  by: string;
  why: string | null;
};

export async function showHistory(spa: Spa, target: Target & { limit: number }): Promise<ExitCode> {
  const names = namesOf(spa, target);
  const entries = await spa.client.call<HistoryEntry[]>('workflow.history', { ...names, limit: target.limit });
  if (spa.asJson) spa.writeJson(entries);
  else if (entries.length === 0) spa.say(`${namesText(names)}: never run`);
  else {
    const rows = entries.map(({ run_id: runId, task, label, status, at, by, why }) => {
      return [utcText(at), runId, task ?? '(the run)', label ?? status, by, why];
    });
    const head = ['time (UTC)', 'run', 'task', 'status', 'by', 'why'];
    spa.streams.stdout.write(`${fittedTable(head, rows, spa.streams.stdout.columns)}\n`);
  }
  return EXIT.success;
}

type ListedProject = {
  project: string;
  workflows: { name: string; status: string; tasks: number; last_run: { started: number } | null }[];
};

export async function showList(spa: Spa, project: string | undefined): Promise<ExitCode> {
  const projects = await spa.client.call<ListedProject[]>('workflow.list', project === undefined ? {} : { project });
  if (spa.asJson) spa.writeJson(projects);
  else if (projects.length === 0) spa.say('There are no projects yet: spa_ctl create -f FILE makes one.');
  else {
    const selected = spa.findProject(undefined);
    const rows = projects.flatMap((each) => {
      const name = each.project === selected ? `${each.project} (selected)` : each.project;
      if (each.workflows.length === 0) return [[name, '', '', '', '']];
      return each.workflows.map((workflow) => {
        return [name, workflow.name, workflow.status, workflow.tasks, utcText(workflow.last_run?.started)];
      });
    });
    const head = ['project', 'workflow', 'status', 'tasks', 'last run (UTC)'];
    spa.streams.stdout.write(`${fittedTable(head, rows, spa.streams.stdout.columns)}\n`);
  }
  return EXIT.success;
}
