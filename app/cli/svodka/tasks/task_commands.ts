import { EXIT, type ExitCode } from '../../command_error.js';
import { logPages } from '../../rpc/log_pages.js';
import type { RpcClient } from '../../rpc/rpc_client.js';
import { writeJson, writePrinted } from '../../terminal/json_output.js';
import { harmless } from '../../terminal/plain_text.js';
import type { Output } from '../refusal.js';
import { type StatusChange, type Task, tasksTable, taskText } from './task_text.js';

export type TaskRef = string | number;

type TaskFilter = { status?: string | undefined; user?: string | undefined; type: string };

export type TaskCommand = { asJson: boolean } & (
  | { name: 'list'; filter: TaskFilter; limit: number }
  | { name: 'show' | 'cancel' | 'retry'; ref: TaskRef }
  | { name: 'log'; ref: TaskRef; follows: boolean }
);

type TaskStreams = { stdout: Output; stderr: Pick<Output, 'write'> };

/** What became of a cancelled task: one that works ends when its process has ended. */
function cancelledText({ id, name, status }: Task): string {
  if (status === 'cancelled') return `task ${id} (${name}) is cancelled`;
  return `task ${id} (${name}) is told to stop; "svodka task show ${id}" shows when it has`;
}

async function writeLog(
  client: RpcClient,
  { ref, follows, asJson }: TaskCommand & { name: 'log' },
  { stdout, stderr }: TaskStreams,
): Promise<void> {
  const note = (text: string) => void stderr.write(`${harmless(text)}\n`);
  for await (const page of logPages({ client, method: 'engine.log', params: { task_id: ref }, follows, note })) {
    if (asJson) writeJson(stdout, page, true);
    else writePrinted(stdout, page.text);
  }
}

/** Runs the command and writes the result to stdout. @throws CommandError */
export async function runTaskCommand(client: RpcClient, command: TaskCommand, streams: TaskStreams): Promise<ExitCode> {
  const { asJson } = command;
  const { stdout } = streams;
  switch (command.name) {
    case 'list': {
      const { filter, limit } = command;
      const page = await client.call<{ items: Task[]; total: number }>('engine.list', { ...filter, limit });
      if (asJson) writeJson(stdout, page, true);
      else stdout.write(`${tasksTable(page.items, page.total, stdout.columns)}\n`);
      return EXIT.success;
    }
    case 'show': {
      const params = { task_id: command.ref };
      const task = await client.call<Task>('engine.status', params);
      if (asJson) writeJson(stdout, task, true);
      else {
        const history = await client.call<StatusChange[]>('engine.history', params);
        stdout.write(`${taskText(task, history, stdout.columns)}\n`);
      }
      return EXIT.success;
    }
    case 'log': {
      await writeLog(client, command, streams);
      return EXIT.success;
    }
    case 'cancel':
    case 'retry': {
      const task = await client.call<Task>(`engine.${command.name}`, { task_id: command.ref });
      const text = command.name === 'cancel' ? cancelledText(task) : `task ${task.id} (${task.name}) is ${task.status}`;
      if (asJson) writeJson(stdout, task, true);
      else stdout.write(`${harmless(text)}\n`);
      return EXIT.success;
    }
  }
}
