import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { createJsonLines } from '../../../app/executor/children/json_lines.js';
import type { Change, FromRun, PlannedTask, RunHead, ToRun } from '../../../app/executor/runs/messages.js';
import { makeFolder, projectDir } from '../folder.js';
import { until } from '../until.js';

/** Executables for tasks: name -> text of a bash script. */
export function makeBinDir(programs: Readonly<Record<string, string>>): string {
  const folder = makeFolder();
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/bash\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

/** A planned task with the defaults of the API; `at` its place and id. */
export function plannedTask(id: number, changes: Partial<PlannedTask> = {}): PlannedTask {
  return {
    id,
    name: `t${id}`,
    exec: 'await',
    function: 'true',
    params: [],
    env: {},
    tries: 1,
    timeoutS: null,
    graceS: 6,
    status: 'new',
    pid: null,
    pidStart: null,
    bootId: null,
    attempt: 0,
    logEnd: 0,
    ...changes,
  };
}

export type RunProcess = {
  child: ChildProcess;
  pid: number;
  mark: string;
  changes: Change[];
  /** `1 running`, `0 success`: the task and its status, without changes that bring a pid alone. */
  statuses(): string[];
  logOf(task: number): string;
  send(message: ToRun): void;
  /** Waits for a status and answers its change. */
  said(task: number, status: string, patienceMs?: number): Promise<Change>;
  /** Waits for the pid of a task. */
  pidOf(task: number): Promise<number>;
  /** Resolves with the exit code or the signal. */
  exited: Promise<number | NodeJS.Signals>;
  /** While false, changes are not answered, as if the database were away. */
  isStoring: boolean;
};

export type RunProcessOptions = {
  name?: string;
  mark?: string;
  head?: Partial<RunHead>;
  spawn?: { uid: number; gid: number };
  /** Whether the kernel kills tasks with the process; where setpriv is there. */
  isTiedByKernel?: boolean;
};

export const SETPRIV = '/usr/bin/setpriv';

/** Starts the real process of a run on a plan; the test is its executor and its database. */
export function startRunProcess(
  binDir: string,
  tasks: readonly PlannedTask[],
  { name = 'wf1', mark = randomUUID(), head = {}, isTiedByKernel = true, ...options }: RunProcessOptions = {},
): RunProcess {
  const child = spawn(
    process.execPath,
    [join(projectDir, 'dist', 'app', 'executor', 'runs', 'process', 'run_process.js'), name],
    {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
      env: { PATH: process.env['PATH'], SVODKA_RUN: mark },
      ...options.spawn,
    },
  );
  const pid = child.pid as number;
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const exited = once(child, 'exit').then(([code, signal]) => {
    process.off('exit', killWithUs);
    return (signal ?? code) as number | NodeJS.Signals;
  });
  const changes: Change[] = [];
  const logs = new Map<number, string>();
  let waiting: number[] = [];
  const lines = createJsonLines(
    child.stdio[3] as Duplex,
    (raw) => {
      const message = raw as FromRun;
      if (message.type === 'log') {
        logs.set(message.task, (logs.get(message.task) ?? '') + message.text);
        send({ type: 'logged', task: message.task });
        return;
      }
      changes.push(...message.changes);
      waiting.push(message.seq);
      if (running.isStoring) store();
    },
    (reason) => {
      throw new Error(reason);
    },
  );
  const send = (message: ToRun) => void lines.send(message);
  function store(): void {
    for (const seq of waiting) send({ type: 'stored', seq });
    waiting = [];
  }
  const running: RunProcess = {
    child,
    pid,
    mark,
    changes,
    send,
    exited,
    isStoring: true,
    statuses: () =>
      changes.filter(({ details }) => details.pid === undefined).map(({ task, status }) => `${task} ${status}`),
    logOf: (task) => logs.get(task) ?? '',
    said: (task, status, patienceMs) =>
      until(
        `task ${task} is ${status}`,
        () => changes.findLast((change) => change.task === task && change.status === status),
        patienceMs,
      ),
    pidOf: (task) => until(`task ${task} has a pid`, () => changes.findLast((each) => each.task === task)?.details.pid),
  };
  send({
    type: 'plan',
    tasks,
    run: {
      status: 'running',
      stopBy: null,
      isTakenOver: false,
      name,
      mark,
      environment: { PATH: process.env['PATH'] ?? '' },
      binDir,
      ...(isTiedByKernel && existsSync(SETPRIV) ? { setpriv: SETPRIV } : {}),
      ...head,
    },
  });
  return running;
}
